/** What holds of every host and every guest; the seed of what does not is printed. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { claim, conflictOf, release } from "../../../../src/actors/placement/numa/claim.ts"
import type { CellLimits } from "../../../../src/actors/placement/numa/cellRules.ts"
import { fit, type FittedTopology } from "../../../../src/actors/placement/numa/fit.ts"
import type { GuestTopology } from "../../../../src/actors/placement/numa/GuestTopology.ts"
import { freePages, type HostCell, hostCell, type HostTopology } from "../../../../src/actors/placement/numa/HostTopology.ts"
import { mayFit } from "../../../../src/actors/placement/numa/mayFit.ts"
import { violationsOf } from "./checker.ts"
import { Guest, guestFrom, Host, hostFrom, Limits } from "./generated.ts"

const runs = { arbitrary: { runs: 2_000 } }
const fitsAt = (host: HostTopology, guest: GuestTopology | null, limits: CellLimits | null) =>
  guest !== null && Result.isSuccess(fit(host, guest, { limits, isPacked: false }))

/** Every way to choose `count` of the values. */
const chosen = <A>(values: ReadonlyArray<A>, count: number): ReadonlyArray<ReadonlyArray<A>> =>
  count === 0 ? [[]] : values.flatMap((value, at) => chosen(values.slice(at + 1), count - 1).map((rest) => [value, ...rest]))

/** Every way to put a guest cell into a host cell, good or bad. */
function* waysOf(cell: HostCell, guest: GuestTopology, at: number): Generator<FittedTopology["cells"][number]> {
  const own = guest.cells[at]!
  const emulator = guest.emulatorThreads === "isolate" && at === 0 ? 1 : 0
  for (const used of chosen(cell.dedicatedCpus, own.dedicatedCpus.length)) {
    for (const reserved of chosen(cell.dedicatedCpus.filter((cpu) => !used.includes(cpu)), emulator)) {
      const taken = guest.threadPolicy === "isolate"
        ? cell.cores.filter((core) => core.some((cpu) => used.includes(cpu) || reserved.includes(cpu))).flat()
        : [...used, ...reserved]
      for (const pageSizeKb of guest.pageSize === null ? [null] : cell.pages.map(({ sizeKb }) => sizeKb)) {
        yield { guest: own, hostCell: cell.id, pins: own.dedicatedCpus.map((cpu, index) => [cpu, used[index]!] as const), reserved, taken, pageSizeKb }
      }
    }
  }
}

/** With one more CPU, page of each size and MiB free, where any was taken. */
const freed = (cell: HostCell): HostCell => hostCell({
  ...cell,
  pinned: new Set([...cell.pinned].slice(1)),
  pages: cell.pages.map((pages) => ({ ...pages, used: Math.max(0, pages.used - 1) })),
  sharedCpusUsed: Math.max(0, cell.sharedCpusUsed - 1),
  memoryUsedMb: Math.max(0, cell.memoryUsedMb - 1)
})

describe("a fit", () => {
  it.prop("is always one that the rules allow", [Host, Guest, Limits], ([made, asked, limits]) => {
    const host = hostFrom(made)
    const guest = guestFrom(asked)
    if (guest === null) return
    for (const isPacked of [false, true]) {
      const found = fit(host, guest, { limits, isPacked })
      if (Result.isSuccess(found)) assert.deepStrictEqual(violationsOf(host, guest, found.success, limits), [])
    }
  }, runs)

  it.prop("is found where any choice of cells, CPUs and pages would do", [Host, Guest, Limits], ([made, asked, limits]) => {
    const host = hostFrom(made)
    const guest = guestFrom(asked)
    // A mixed guest's node without a dedicated CPU is refused under isolate, though there would be a way.
    if (guest === null || (guest.cpuPolicy === "mixed" && guest.cells.length > 1 && guest.threadPolicy === "isolate")) return
    // Require needs a pair of siblings even for nothing; the rules of the checker do not say so.
    if (guest.cpuPolicy === "mixed" && guest.cells.length > 1 && guest.threadPolicy === "require") return
    if (fitsAt(host, guest, limits)) return
    const alone = (at: number): GuestTopology => ({ ...guest, cells: [guest.cells[at]!], emulatorThreads: at === 0 ? guest.emulatorThreads : null })
    const may = guest.cells.map((_, at) => host.cells.map((cell) =>
      [...waysOf(cell, guest, at)].some((way) => violationsOf(host, alone(at), { cells: [way] }, limits).length === 0)))
    const place = (at: number, taken: ReadonlySet<number>): boolean =>
      at === may.length || may[at]!.some((fits, cell) => fits && !taken.has(cell) && place(at + 1, new Set([...taken, cell])))
    assert.isFalse(place(0, new Set()))
  }, { arbitrary: { runs: 600 } })

  it.prop("does not hang on the order in which the host lists its cells", [Host, Guest, Limits, Schema.Int], ([made, asked, limits, shift]) => {
    const host = hostFrom(made)
    const guest = guestFrom(asked)
    const by = Math.abs(shift) % host.cells.length
    const shifted = [...host.cells.slice(by), ...host.cells.slice(0, by)]
    for (const cells of [shifted, shifted.toReversed()]) assert.strictEqual(fitsAt({ cells }, guest, limits), fitsAt(host, guest, limits))
  }, runs)

  it.prop("says which rule keeps each guest cell from each host cell, and how much is short", [Host, Guest, Limits], ([made, asked, limits]) => {
    const guest = guestFrom(asked)
    if (guest === null) return
    const host = hostFrom(made)
    const found = fit(host, guest, { limits, isPacked: false })
    if (Result.isSuccess(found)) return
    const { reason, refusals } = found.failure
    assert.strictEqual(reason === "tooFewCells", guest.cells.length > host.cells.length)
    const isNowhere = guest.cells.some(({ id }) => refusals.filter(({ guestCell }) => guestCell === id).length === host.cells.length)
    if (reason !== "tooFewCells") assert.strictEqual(reason, isNowhere ? "noCell" : "sameCell")
    const amounts = new Set(["pages", "memory", "dedicatedCpus", "sharedCpus", "freeCpus", "siblings", "wholeCores", "emulatorThread", "cpuRatio", "ramRatio"])
    for (const one of refusals) if (amounts.has(one.constraint)) assert.isAbove(one.needed, one.available, one.constraint)
  }, runs)

  it.prop("is never there when the cheap look says no; of one cell it is there when that says yes", [Host, Guest, Limits], ([made, asked, limits]) => {
    const guest = guestFrom(asked)
    if (guest === null) return
    const host = hostFrom(made)
    const looks = mayFit(host, guest, limits)
    if (!looks || guest.cells.length === 1) assert.strictEqual(fitsAt(host, guest, limits), looks)
  }, runs)

  it.prop("is not lost when a host cell has more to give", [Host, Guest, Limits, Schema.Int], ([made, asked, limits, which]) => {
    const host = hostFrom(made)
    const guest = guestFrom(asked)
    if (!fitsAt(host, guest, limits)) return
    const at = Math.abs(which) % host.cells.length
    assert.isTrue(fitsAt({ cells: host.cells.map((cell, index) => index === at ? freed(cell) : cell) }, guest, limits))
  }, runs)

  it.prop("is not lost when less is asked for", [Host, Guest, Limits], ([made, asked, limits]) => {
    const host = hostFrom(made)
    if (!fitsAt(host, guestFrom(asked), limits)) return
    const relaxed: Array<Partial<Guest>> = [{ emulator: "none" }]
    if (asked.policy !== "mixed") relaxed.push({ nodes: 1 })
    if (asked.thread === "require" || asked.thread === "isolate") relaxed.push({ thread: "prefer" })
    if (asked.pageSize !== "none") relaxed.push({ pageSize: "any" })
    if (asked.pageSize === "small") relaxed.push({ pageSize: "none" })
    if (asked.vcpus === 3 || (asked.vcpus === 2 && asked.policy !== "mixed")) relaxed.push({ vcpus: asked.vcpus === 3 ? 2 : 1 })
    if (asked.memory > 256) relaxed.push({ memory: asked.memory === 1024 ? 512 : 256 })
    for (const less of relaxed) assert.isTrue(fitsAt(host, guestFrom({ ...asked, ...less }), limits), JSON.stringify(less))
  }, runs)
})

describe("a claim", () => {
  it.prop("is undone by its release, whatever came between", [Host, Guest, Guest], ([made, one, other]) => {
    const host = hostFrom(made)
    const claims: Array<FittedTopology> = []
    let now = host
    for (const asked of [one, other]) {
      const guest = guestFrom(asked)
      const found = guest === null ? null : Result.getOrNull(fit(now, guest))
      if (found === null) continue
      assert.isNull(conflictOf(now, found))
      claims.push(found)
      now = claim(now, found)
    }
    for (const fitted of claims) now = release(now, fitted)
    assert.deepStrictEqual(now, host)
  }, runs)

  it.prop("after claim never takes more than a cell has", [Host, Schema.Array(Guest).check(Schema.isMaxLength(6)), Limits], ([made, all, limits]) => {
    let host = hostFrom(made)
    const taken = new Set(host.cells.flatMap(({ pinned }) => [...pinned]))
    for (const asked of all) {
      const guest = guestFrom(asked)
      const found = guest === null ? null : Result.getOrNull(fit(host, guest, { limits, isPacked: false }))
      if (guest === null || found === null) continue
      for (const cell of found.cells) for (const cpu of cell.taken) {
        assert.isFalse(taken.has(cpu), `CPU ${cpu} twice`)
        taken.add(cpu)
      }
      const isStrict = guest.pageSize !== null || guest.cpuPolicy === "dedicated" || guest.cpuPolicy === "mixed"
      host = claim(host, found)
      for (const fitted of found.cells) {
        const cell = host.cells.find(({ id }) => id === fitted.hostCell)!
        assert.isTrue(cell.pinned.isSubsetOf(new Set(cell.dedicatedCpus)))
        const pages = fitted.pageSizeKb === null ? cell.pages[0] : cell.pages.find(({ sizeKb }) => sizeKb === fitted.pageSizeKb)
        if (isStrict && pages !== undefined) assert.isAtLeast(freePages(pages), 0)
        if (isStrict && pages === undefined) assert.isAtMost(cell.memoryUsedMb, cell.memoryMb)
        if (limits !== null && guest.cpuPolicy !== "dedicated") assert.isAtMost(cell.sharedCpusUsed, cell.sharedCpus.length * limits.cpuRatio)
      }
    }
  }, runs)
})

describe("not laws of the reference's rules", () => {
  it("a guest of large pages may lose its fit when it asks for none: then it needs base pages", () => {
    const host = hostFrom({ threads: 1, cells: [{ cores: 3, pinned: 0, shared: "none", sharedUsed: 0, baseUsed: 4, hugeUsed: 0, pages: "huge" }] })
    const asked: Guest = { nodes: 1, vcpus: 1, memory: 256, policy: "dedicated", thread: "none", emulator: "none", pageSize: "large" }
    assert.deepStrictEqual([fitsAt(host, guestFrom(asked), null), fitsAt(host, guestFrom({ ...asked, pageSize: "none" }), null)], [true, false])
  })
  it("a guest with fewer dedicated CPUs of as many may lose its fit: the others need shared ones", () => {
    const host = hostFrom({ threads: 1, cells: [{ cores: 3, pinned: 0, shared: "none", sharedUsed: 0, baseUsed: 0, hugeUsed: 0, pages: "huge" }] })
    const asked: Guest = { nodes: 1, vcpus: 2, memory: 256, policy: "dedicated", thread: "none", emulator: "none", pageSize: "none" }
    assert.deepStrictEqual([fitsAt(host, guestFrom(asked), null), fitsAt(host, guestFrom({ ...asked, policy: "mixed" }), null)], [true, false])
  })
})
