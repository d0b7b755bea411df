import { type GuestCell, type GuestTopology, isPinned } from "./GuestTopology.ts"
import { freePages, type HostCell } from "./HostTopology.ts"

/** How far shared CPUs and their guests' memory may be promised more than once, cell by cell; `null`: as far as one likes. */
export interface CellLimits {
  readonly cpuRatio: number
  readonly ramRatio: number
}

/** The rules of one guest cell in one host cell, by what they are about. */
export type Constraint =
  | "pageSize" | "pageMultiple" | "pages" | "memory" | "dedicatedCpus" | "sharedCpus" | "freeCpus" | "noHyperthreads" | "siblings"
  | "hyperthreads" | "noDedicatedCpu" | "wholeCores" | "emulatorThread" | "cpuRatio" | "ramRatio"

/** The guest's first cell carries the emulator's threads. */
export const emulatorCpus = (guest: GuestTopology, at: number): number => guest.emulatorThreads === "isolate" && at === 0 ? 1 : 0

const holdsPages = (kb: number, sizeKb: number, free: number): boolean => kb % sizeKb === 0 && kb <= free * sizeKb

/** The index in the cell's pages that the guest cell's memory comes from, or -1. Without a wish: base pages. */
export const pagesFor = (cell: HostCell, guest: GuestTopology, { memoryMb }: GuestCell): number => {
  const { pages } = cell
  const kb = memoryMb * 1024
  const { pageSize } = guest
  if (pageSize === null || pageSize === "small") {
    if (pages.length === 0) return -1
    // Memory that no page size was asked for may be promised twice, but no guest may be bigger than its cell.
    const isOvercommitted = pageSize === null && !isPinned(guest)
    return holdsPages(kb, pages[0]!.sizeKb, isOvercommitted ? pages[0]!.total : freePages(pages[0]!)) ? 0 : -1
  }
  for (let at = pages.length - 1; at >= (pageSize === "large" ? 1 : 0); at--) {
    const { sizeKb } = pages[at]!
    if ((typeof pageSize === "string" || pageSize === sizeKb) && holdsPages(kb, sizeKb, freePages(pages[at]!))) return at
  }
  return -1
}

const whyNoPages = (cell: HostCell, { pageSize }: GuestTopology, { memoryMb }: GuestCell): Constraint => {
  const kb = memoryMb * 1024
  let isThere = false
  let isMultiple = false
  for (let at = 0; at < cell.pages.length; at++) {
    const { sizeKb } = cell.pages[at]!
    if (typeof pageSize === "number" ? sizeKb !== pageSize : pageSize === "large" ? at === 0 : pageSize !== "any" && at > 0) continue
    isThere = true
    isMultiple ||= kb % sizeKb === 0
  }
  return !isThere ? "pageSize" : !isMultiple ? "pageMultiple" : pageSize === null ? "memory" : "pages"
}

const brokenMemory = (cell: HostCell, guest: GuestTopology, own: GuestCell): Constraint | null => {
  if (guest.pageSize !== null || cell.pages.length > 0) {
    return pagesFor(cell, guest, own) < 0 ? whyNoPages(cell, guest, own) : null
  }
  return own.memoryMb > cell.memoryMb - (isPinned(guest) ? cell.memoryUsedMb : 0) ? "memory" : null
}

/** Threads to take of each core, the more the better, so that the siblings of a core stay together; 0: no way. */
export const threadsOfEachCore = (cell: HostCell, cpus: number, least: number): number => {
  for (let threads = cell.threadsPerCore; threads >= least; threads--) {
    const cores = cell.coresWithFree[threads] ?? 0
    if (cores > 0 && threads * cores >= cpus) return threads
  }
  return 0
}

const brokenPinning = (cell: HostCell, guest: GuestTopology, cpus: number, emulator: number): Constraint | null => {
  if (cpus + emulator > cell.dedicatedCpus.length) return "dedicatedCpus"
  if (cpus + emulator > cell.freeCpus) return "freeCpus"
  if (guest.threadPolicy === "isolate") {
    if (cell.threadsPerCore > 1 && !cell.isUndivided) return "hyperthreads"
    const whole = cell.coresWithFree[cell.threadsPerCore] ?? 0
    // The reference refuses a mixed guest's cell that has no core of its own to isolate.
    if (cpus === 0) return "noDedicatedCpu"
    if (whole < cpus) return "wholeCores"
    return whole < cpus + emulator ? "emulatorThread" : null
  }
  if (guest.threadPolicy === "require") {
    if (cell.threadsPerCore < 2) return "noHyperthreads"
    if (threadsOfEachCore(cell, cpus, 2) === 0) return "siblings"
  }
  // And one whose emulator's threads should lie beside dedicated CPUs that it does not have.
  return cpus === 0 && emulator > 0 ? "noDedicatedCpu" : null
}

/** The first rule that keeps cell `at` of the guest from lying in this host cell, or `null`: it may. Allocates nothing. */
export const brokenConstraint = (cell: HostCell, guest: GuestTopology, at: number, limits: CellLimits | null): Constraint | null => {
  const own = guest.cells[at]!
  const memory = brokenMemory(cell, guest, own)
  if (memory !== null) return memory
  const shared = own.sharedCpus.length
  if (guest.cpuPolicy !== "dedicated" && shared > cell.sharedCpus.length) return "sharedCpus"
  if (isPinned(guest)) {
    const pinning = brokenPinning(cell, guest, own.dedicatedCpus.length, emulatorCpus(guest, at))
    if (pinning !== null) return pinning
  }
  if (guest.cpuPolicy === "dedicated" || limits === null) return null
  if (cell.sharedCpusUsed + shared > cell.sharedCpus.length * limits.cpuRatio) return "cpuRatio"
  return cell.memoryUsedMb + own.memoryMb > cell.memoryMb * limits.ramRatio ? "ramRatio" : null
}
