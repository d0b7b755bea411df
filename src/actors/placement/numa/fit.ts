import { Result } from "effect"
import { brokenConstraint, type CellLimits, emulatorCpus, pagesFor } from "./cellRules.ts"
import { type GuestCell, type GuestTopology, isPinned } from "./GuestTopology.ts"
import type { HostCell, HostTopology } from "./HostTopology.ts"
import { mayFit } from "./mayFit.ts"
import { matching } from "./matching.ts"
import { type NoFit, noFitOf } from "./noFit.ts"
import { nothingPinned, type Pinning, pinningOf } from "./pinning.ts"

/** A guest cell in a host cell. */
export interface FittedCell extends Pinning {
  readonly guest: GuestCell
  readonly hostCell: number
  /** `null`: no page size was asked for; its memory is base pages. */
  readonly pageSizeKb: number | null
}

/** In the order of the guest's cells. */
export interface FittedTopology {
  readonly cells: ReadonlyArray<FittedCell>
}

export interface FitOptions {
  readonly limits: CellLimits | null
  /** Most used cells first; else the least used. */
  readonly isPacked: boolean
}
const defaultFitOptions: FitOptions = { limits: null, isPacked: false }

/** By CPUs first, then by memory, then as the host lists them; a guest that needs all cells takes them as listed. */
const inOrder = ({ cells }: HostTopology, guest: GuestTopology, isPacked: boolean): ReadonlyArray<HostCell> => {
  if (cells.length === guest.cells.length) return cells
  const way = isPacked ? -1 : 1
  const cpusUsed = isPinned(guest) ? (cell: HostCell) => -cell.freeCpus : (cell: HostCell) => cell.sharedCpusUsed
  const memoryUsed = (cell: HostCell) => cell.memoryUsedMb - cell.memoryMb
  return cells.toSorted((a, b) => way * (cpusUsed(a) - cpusUsed(b)) || way * (memoryUsed(a) - memoryUsed(b)))
}

const fitted = (cell: HostCell, guest: GuestTopology, at: number): FittedCell => {
  const own = guest.cells[at]!
  return {
    guest: own,
    hostCell: cell.id,
    ...isPinned(guest) ? pinningOf(cell, guest, own, emulatorCpus(guest, at)) : nothingPinned,
    pageSizeKb: guest.pageSize === null ? null : cell.pages[pagesFor(cell, guest, own)]!.sizeKb
  }
}

/** Each guest cell in a host cell of its own, on the cells and CPUs that the reference would choose; or why that cannot be. */
export const fit = (host: HostTopology, guest: GuestTopology, options: FitOptions = defaultFitOptions): Result.Result<FittedTopology, NoFit> => {
  if (!mayFit(host, guest, options.limits)) return Result.fail(noFitOf(host, guest, options.limits))
  const cells = inOrder(host, guest, options.isPacked)
  const places = matching(guest.cells.length, cells.length, (at, cell) => brokenConstraint(cells[cell]!, guest, at, options.limits) === null)
  return places === null
    ? Result.fail(noFitOf(host, guest, options.limits))
    : Result.succeed({ cells: places.map((cell, at) => fitted(cells[cell]!, guest, at)) })
}
