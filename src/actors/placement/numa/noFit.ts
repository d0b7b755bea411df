import { brokenConstraint, type CellLimits, type Constraint, emulatorCpus } from "./cellRules.ts"
import { type GuestCell, type GuestTopology, isPinned } from "./GuestTopology.ts"
import { freePages, type HostCell, type HostTopology } from "./HostTopology.ts"

/** One guest cell kept out of one host cell: `needed` and `available` in `unit`. */
export interface CellRefusal {
  readonly guestCell: number
  readonly hostCell: number
  readonly constraint: Constraint
  readonly needed: number
  readonly available: number
  readonly unit: "CPUs" | "cores" | "MiB" | "KiB pages" | "threads a core"
}

/**
 * Why a guest fits no way: the host has fewer cells (`tooFewCells`), a guest cell fits none (`noCell`), or each has one but not
 * one of its own (`sameCell`). `refusals`: every pair that cannot be.
 */
export interface NoFit {
  readonly reason: "tooFewCells" | "noCell" | "sameCell"
  readonly guestCells: number
  readonly hostCells: number
  readonly refusals: ReadonlyArray<CellRefusal>
}

type Shortage = Pick<CellRefusal, "needed" | "available" | "unit">
const shortage = (needed: number, available: number, unit: CellRefusal["unit"]): Shortage => ({ needed, available, unit })

const freeMb = (cell: HostCell, { pageSize }: GuestTopology): number =>
  cell.pages.reduce((most, pages, at) =>
    (typeof pageSize === "number" ? pages.sizeKb !== pageSize : pageSize === "large" ? at === 0 : pageSize !== "any" && at > 0)
      ? most : Math.max(most, Math.floor(freePages(pages) * pages.sizeKb / 1024)), 0)

const baseMb = (cell: HostCell, isFree: boolean): number => {
  const base = cell.pages[0]
  if (base === undefined) return cell.memoryMb - (isFree ? cell.memoryUsedMb : 0)
  return Math.floor((isFree ? freePages(base) : base.total) * base.sizeKb / 1024)
}

/** The numbers behind a constraint that is broken. */
const shortageOf = (constraint: Constraint, cell: HostCell, guest: GuestTopology, own: GuestCell, emulator: number, limits: CellLimits | null): Shortage => {
  const dedicated = own.dedicatedCpus.length
  const asked = typeof guest.pageSize === "number" ? guest.pageSize : 0
  switch (constraint) {
    case "pageSize": return shortage(asked, cell.pages.at(-1)?.sizeKb ?? 0, "KiB pages")
    case "pageMultiple": return shortage(own.memoryMb, asked / 1024, "MiB")
    case "pages": return shortage(own.memoryMb, freeMb(cell, guest), "MiB")
    case "memory": return shortage(own.memoryMb, baseMb(cell, isPinned(guest)), "MiB")
    case "dedicatedCpus": return shortage(dedicated + emulator, cell.dedicatedCpus.length, "CPUs")
    case "sharedCpus": return shortage(own.sharedCpus.length, cell.sharedCpus.length, "CPUs")
    case "freeCpus": return shortage(dedicated + emulator, cell.freeCpus, "CPUs")
    case "noHyperthreads": return shortage(2, cell.threadsPerCore, "threads a core")
    case "siblings": return shortage(Math.max(1, dedicated), cell.coresWithFree.reduce((most, cores, threads) => threads < 2 ? most : Math.max(most, threads * cores), 0), "CPUs")
    case "hyperthreads": return shortage(1, cell.threadsPerCore, "threads a core")
    case "noDedicatedCpu": return shortage(1, 0, "CPUs")
    case "wholeCores": return shortage(dedicated, cell.coresWithFree[cell.threadsPerCore] ?? 0, "cores")
    case "emulatorThread": return shortage(dedicated + emulator, cell.coresWithFree[cell.threadsPerCore] ?? 0, "cores")
    case "cpuRatio": return shortage(own.sharedCpus.length, Math.floor(cell.sharedCpus.length * (limits?.cpuRatio ?? 0)) - cell.sharedCpusUsed, "CPUs")
    case "ramRatio": return shortage(own.memoryMb, Math.floor(cell.memoryMb * (limits?.ramRatio ?? 0)) - cell.memoryUsedMb, "MiB")
  }
}

export const noFitOf = (host: HostTopology, guest: GuestTopology, limits: CellLimits | null): NoFit => {
  const refusals = guest.cells.flatMap((own, at) => host.cells.flatMap((cell): ReadonlyArray<CellRefusal> => {
    const constraint = brokenConstraint(cell, guest, at, limits)
    return constraint === null ? [] : [{
      guestCell: own.id, hostCell: cell.id, constraint,
      ...shortageOf(constraint, cell, guest, own, emulatorCpus(guest, at), limits)
    }]
  }))
  const isAlone = guest.cells.some((own) => refusals.filter(({ guestCell }) => guestCell === own.id).length === host.cells.length)
  return {
    reason: guest.cells.length > host.cells.length ? "tooFewCells" : isAlone ? "noCell" : "sameCell",
    guestCells: guest.cells.length, hostCells: host.cells.length, refusals
  }
}
