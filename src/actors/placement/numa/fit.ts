import { Result } from "effect"
import { cellSetsFor } from "../devices/chooseDevices.ts"
import type { DeviceRequest } from "../devices/DeviceRequest.ts"
import type { DeviceState } from "../devices/DeviceState.ts"
import { brokenConstraint, type CellLimits, emulatorCpus, pagesFor } from "./cellRules.ts"
import { type GuestCell, type GuestTopology, isPinned } from "./GuestTopology.ts"
import type { HostCell, HostTopology } from "./HostTopology.ts"
import { mayFit } from "./mayFit.ts"
import { matching } from "./matching.ts"
import { isMatchedOver, matchingOver } from "./matchingOver.ts"
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

/** The host's devices, and those that the guest asks for: its cells and they must fit at once. */
export interface Wanted {
  readonly state: DeviceState
  readonly requests: ReadonlyArray<DeviceRequest>
}

export interface FitOptions {
  readonly limits: CellLimits | null
  /** Most used cells first; else the least used. */
  readonly isPacked: boolean
  readonly devices?: Wanted
}
const defaultFitOptions: FitOptions = { limits: null, isPacked: false }

/** Cells with devices are kept for those who ask for some. */
const devicesFirst = ({ requests, state }: Wanted): (a: HostCell, b: HostCell) => number => {
  const counts = new Map<number, number>()
  for (const { numaNode } of state.free) if (numaNode !== null) counts.set(numaNode, (counts.get(numaNode) ?? 0) + 1)
  const way = requests.length > 0 ? -1 : 1
  return (a, b) => way * ((counts.get(a.id) ?? 0) - (counts.get(b.id) ?? 0))
}
const noMatter = () => 0

/** By devices first, then by CPUs, then by memory, then as the host lists them; a guest that needs all cells takes them as listed. */
const inOrder = ({ cells }: HostTopology, guest: GuestTopology, { devices, isPacked }: FitOptions): ReadonlyArray<HostCell> => {
  if (cells.length === guest.cells.length) return cells
  const way = isPacked ? -1 : 1
  const byDevices = devices === undefined || devices.state.free.length === 0 ? noMatter : devicesFirst(devices)
  const cpusUsed = isPinned(guest) ? (cell: HostCell) => -cell.freeCpus : (cell: HostCell) => cell.sharedCpusUsed
  const memoryUsed = (cell: HostCell) => cell.memoryUsedMb - cell.memoryMb
  return cells.toSorted((a, b) => byDevices(a, b) || way * (cpusUsed(a) - cpusUsed(b)) || way * (memoryUsed(a) - memoryUsed(b)))
}

/** Of the cells in this order, those that bring the guest's devices near enough; `null`: it asks for none. */
const setsOf = (cells: ReadonlyArray<HostCell>, guest: GuestTopology, devices: Wanted | undefined): ReadonlyArray<ReadonlyArray<number>> | null =>
  devices === undefined || devices.requests.length === 0 ? null
    : cellSetsFor(devices.state, devices.requests, { cells }, guest.cells.length)
      .map((set) => set.map((id) => cells.findIndex((cell) => cell.id === id)))

/** Do the guest's cells and its devices fit at once? Of a guest that asks for no devices `mayFit` and `matching` say it cheaper. */
export const fitsWithDevices = (host: HostTopology, guest: GuestTopology, limits: CellLimits | null, devices: Wanted): boolean => {
  const { cells } = host
  return mayFit(host, guest, limits) && isMatchedOver(
    guest.cells.length, cells.length, (at, cell) => brokenConstraint(cells[cell]!, guest, at, limits) === null, setsOf(cells, guest, devices) ?? [[]]
  )
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
  const cells = inOrder(host, guest, options)
  const may = (at: number, cell: number) => brokenConstraint(cells[cell]!, guest, at, options.limits) === null
  const sets = setsOf(cells, guest, options.devices)
  const places = sets === null ? matching(guest.cells.length, cells.length, may) : matchingOver(guest.cells.length, cells.length, may, sets)
  return places === null
    ? Result.fail(noFitOf(host, guest, options.limits))
    : Result.succeed({ cells: places.map((cell, at) => fitted(cells[cell]!, guest, at)) })
}
