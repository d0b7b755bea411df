/**
 * Is a fit one that the rules allow? Written from the rules alone, to judge the fitting: it searches nothing, reads none of what
 * a host cell derives, and says everything that is wrong.
 */
import type { FittedCell, FittedTopology } from "../../../../src/actors/placement/numa/fit.ts"
import type { CellLimits } from "../../../../src/actors/placement/numa/cellRules.ts"
import type { GuestTopology } from "../../../../src/actors/placement/numa/GuestTopology.ts"
import type { HostCell, HostTopology } from "../../../../src/actors/placement/numa/HostTopology.ts"

type Say = (wrong: string) => void

const isRepeated = (values: ReadonlyArray<unknown>) => new Set(values).size !== values.length

const checkCpus = (cell: HostCell, guest: GuestTopology, own: FittedCell, at: number, say: Say): void => {
  const pinned = own.pins.map(([, cpu]) => cpu)
  const used = [...pinned, ...own.reserved]
  const wanted = own.guest.dedicatedCpus
  if (own.pins.map(([cpu]) => cpu).join() !== wanted.join()) say(`pins ${own.pins.map(([cpu]) => cpu).join()}, not the dedicated CPUs ${wanted.join()}`)
  if (own.reserved.length !== (guest.emulatorThreads === "isolate" && at === 0 ? 1 : 0)) say(`reserves ${own.reserved.length} CPUs for the emulator`)
  if (isRepeated(used)) say("uses a host CPU twice")
  for (const cpu of own.taken) {
    if (!cell.dedicatedCpus.includes(cpu)) say(`takes CPU ${cpu}, which is not for dedicated use`)
    if (cell.pinned.has(cpu)) say(`takes CPU ${cpu}, which another guest has`)
  }
  if (own.guest.sharedCpus.length > cell.sharedCpus.length) say("has more shared CPUs than the cell")
  const coreOf = (cpu: number) => cell.cores.find((core) => core.includes(cpu)) ?? []
  const expected = guest.threadPolicy === "isolate" ? [...new Set(used.flatMap(coreOf))] : used
  if (new Set(expected).symmetricDifference(new Set(own.taken)).size > 0) say("takes other CPUs than it uses")
  const hasSiblings = cell.cores.some((core) => core.length > 1)
  if (guest.threadPolicy === "isolate") {
    if (isRepeated(used.map(coreOf))) say("uses a core twice under isolate")
    if (hasSiblings && new Set(cell.sharedCpus).symmetricDifference(new Set(cell.dedicatedCpus)).size > 0) say("isolates on a divided host with siblings")
  }
  if (guest.threadPolicy === "require") {
    if (!hasSiblings) say("requires siblings of a cell that has none")
    const byCore = Map.groupBy(pinned, coreOf)
    if ([...byCore.values()].filter(({ length }) => length === 1).length > 1) say("leaves more than one CPU without its sibling")
    const free = (core: ReadonlyArray<number>) => core.filter((cpu) => cell.dedicatedCpus.includes(cpu) && !cell.pinned.has(cpu)).length
    if ([...byCore.keys()].some((core) => free(core) < 2)) say("uses a core that has no free sibling")
  }
}

const checkMemory = (cell: HostCell, guest: GuestTopology, own: FittedCell, say: Say): void => {
  const kb = own.guest.memoryMb * 1024
  const sizes = cell.pages.map(({ sizeKb }) => sizeKb)
  const mayRepeat = guest.cpuPolicy === null || guest.cpuPolicy === "shared"
  if (guest.pageSize === null) {
    if (own.pageSizeKb !== null) say("has a page size nobody asked for")
    const base = cell.pages.find(({ sizeKb }) => sizeKb === Math.min(...sizes))
    const there = base === undefined
      ? (cell.memoryMb - (mayRepeat ? 0 : cell.memoryUsedMb)) * 1024
      : (base.total - (mayRepeat ? 0 : base.used + base.reserved)) * base.sizeKb
    if (kb > there || (base !== undefined && kb % base.sizeKb !== 0)) say(`needs ${kb} KiB of ${there}`)
    return
  }
  const pages = cell.pages.find(({ sizeKb }) => sizeKb === own.pageSizeKb)
  if (pages === undefined) return say(`uses pages of ${own.pageSizeKb} KiB, which are not there`)
  if (typeof guest.pageSize === "number" && pages.sizeKb !== guest.pageSize) say("uses another page size than asked for")
  if (guest.pageSize === "small" && pages.sizeKb !== Math.min(...sizes)) say("uses pages that are not the smallest")
  if (guest.pageSize === "large" && pages.sizeKb === Math.min(...sizes)) say("uses the smallest pages")
  if (kb % pages.sizeKb !== 0 || kb / pages.sizeKb > pages.total - pages.used - pages.reserved) say(`needs ${kb} KiB of pages of ${pages.sizeKb} KiB`)
}

/** Everything that is wrong with a fit; empty: it is valid. */
export const violationsOf = (host: HostTopology, guest: GuestTopology, fitted: FittedTopology, limits: CellLimits | null): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  if (fitted.cells.length !== guest.cells.length) wrong.push("has another number of cells than the guest")
  if (isRepeated(fitted.cells.map(({ hostCell }) => hostCell))) wrong.push("puts two guest cells in one host cell")
  for (const [at, own] of fitted.cells.entries()) {
    const say: Say = (what) => void wrong.push(`guest cell ${at} ${what}`)
    const cell = host.cells.find(({ id }) => id === own.hostCell)
    if (cell === undefined || own.guest !== guest.cells[at]) {
      say("is in no cell of the host, or another guest's")
      continue
    }
    checkCpus(cell, guest, own, at, say)
    checkMemory(cell, guest, own, say)
    if (guest.cpuPolicy !== "dedicated" && limits !== null) {
      if (cell.sharedCpusUsed + own.guest.sharedCpus.length > cell.sharedCpus.length * limits.cpuRatio) say("is over the CPU ratio")
      if (cell.memoryUsedMb + own.guest.memoryMb > cell.memoryMb * limits.ramRatio) say("is over the RAM ratio")
    }
  }
  return wrong
}

/** Cores of which some dedicated threads are free and some are not, when these CPUs are taken too: the fewer the better. */
export const brokenCores = (host: HostTopology, taken: Iterable<number>): number => {
  const all = new Set(taken)
  return host.cells.flatMap((cell) => cell.cores.filter((core) => {
    const busy = core.filter((cpu) => cell.pinned.has(cpu) || all.has(cpu)).length
    return busy > 0 && busy < core.length
  })).length
}
