import { threadsOfEachCore } from "./cellRules.ts"
import type { GuestCell, GuestTopology } from "./GuestTopology.ts"
import type { HostCell } from "./HostTopology.ts"

/** Which host CPU each dedicated guest CPU is pinned to, and those set apart for the emulator's threads. */
export interface Pinning {
  readonly pins: ReadonlyArray<readonly [guestCpu: number, hostCpu: number]>
  readonly reserved: ReadonlyArray<number>
  /** All host CPUs this takes: under `isolate` the siblings too. */
  readonly taken: ReadonlyArray<number>
}

export const nothingPinned: Pinning = { pins: [], reserved: [], taken: [] }

/** In the order of cores, the given number of threads of each that has so many. */
const firstThreads = (cell: HostCell, count: number, threads: number): ReadonlyArray<number> =>
  cell.freeCores.filter((core) => core.length >= threads).flatMap((core) => core.slice(0, threads)).slice(0, count)

/** Where the rules of `brokenConstraint` hold: the CPUs that the reference takes. Siblings stay together where they can. */
export const pinningOf = (cell: HostCell, guest: GuestTopology, own: GuestCell, emulator: number): Pinning => {
  const wanted = own.dedicatedCpus.length
  if (guest.threadPolicy === "isolate") {
    const whole = cell.freeCores.filter((core) => core.length === cell.threadsPerCore).slice(0, wanted + emulator)
    const firsts = whole.map((core) => core[0]!)
    return {
      pins: own.dedicatedCpus.map((cpu, at) => [cpu, firsts[at]!] as const),
      reserved: firsts.slice(wanted),
      taken: whole.flat()
    }
  }
  // Zero: cores are too few for equal parts (which `require` is not content with), so any free threads will do, core by core.
  const threads = threadsOfEachCore(cell, wanted, 1)
  const pinned = threads === 0 ? cell.freeCores.flat().slice(0, wanted) : firstThreads(cell, wanted, threads)
  const busy = new Set(pinned)
  const reserved = emulator === 0 ? [] : cell.freeCores.flat().filter((cpu) => !busy.has(cpu)).slice(0, emulator)
  return { pins: own.dedicatedCpus.map((cpu, at) => [cpu, pinned[at]!] as const), reserved, taken: [...pinned, ...reserved] }
}
