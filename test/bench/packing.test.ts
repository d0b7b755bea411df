import { assert, describe, it } from "vitest"
import { parse } from "../../bench/options.ts"
import { type Arrival, arrivalsOf } from "../../bench/packing/Arrival.ts"
import { type Case, cases, groups, shareOf, specs } from "../../bench/packing/cases.ts"
import { Departures } from "../../bench/packing/Departures.ts"
import { caseOf as caseOfOther, others } from "../../bench/packing/others.ts"
import { policies } from "../../bench/packing/policies.ts"
import { replay } from "../../bench/packing/replay.ts"
import { drawing } from "../../bench/parts/placementFleet.ts"
import { defaultSettings } from "../../src/actors/scheduler/settings.ts"

const seed = 11
const settingsOf = (policy: string) => policies.find(([name]) => name === policy)![1]
const caseOf = (name: string) => cases.find((one) => one.name === name)!
const nobody = () => {}

/** From `at` to `end`, seconds. */
const server = (id: number, at: number, end: number, vcpus = 32, ramMb = 1024, batch = id): Arrival =>
  ({ id, batch, vcpus, ramMb, atSeconds: at, endSeconds: end })

const run = (arrivals: ReadonlyArray<Arrival>, one: Case = caseOf("plain"), policy = "first-fit") =>
  replay(arrivals, one, settingsOf(policy), nobody)

/** Servers like those of the trace: a few sizes, times in steps of five minutes. */
const drawn = (count: number): ReadonlyArray<Arrival> => {
  const draw = drawing(seed)
  let at = 0
  let batch = 0
  return Array.from({ length: count }, (_, id) => {
    if (draw(8) === 0) batch++
    if (draw(20) === 0) at += 300
    const vcpus = 2 ** draw(4)
    return server(id, at, at + 300 * draw(30), vcpus, vcpus * [1792, 3584, 7168][draw(3)]!, batch)
  })
}

describe("packing of a trace", () => {
  it("reads arrivals, an empty lifetime as one without an end, and takes one batch in so many, whole", () => {
    const text = "arrival_s,batch,vcpus,memory_mb,lifetime_s\n600,1,8,14336,300\n600,2,1,768,\n900,2,2,3584,0\n"
    const all = arrivalsOf(text, 1)
    assert.deepEqual(all[0], { id: 0, atSeconds: 600, endSeconds: 900, batch: 1, vcpus: 8, ramMb: 14_336 })
    assert.deepEqual(all.map(({ endSeconds }) => endSeconds), [900, Infinity, 900])
    assert.deepEqual(arrivalsOf(text, 2).map(({ id }) => id), [1, 2])
    assert.throws(() => arrivalsOf("a,b\n", 1), /begins with the line arrival_s/)
  })

  it(`gives servers back in the order they leave, none before its time (seed ${seed})`, () => {
    const draw = drawing(seed)
    const here = new Departures<{ readonly endSeconds: number }>()
    const ends = Array.from({ length: 200 }, () => draw(50))
    for (const endSeconds of ends) here.push({ endSeconds })
    const left: Array<number> = []
    for (const until of [20, 30, Infinity]) {
      for (let one = here.popUntil(until); one !== undefined; one = here.popUntil(until)) {
        assert.isAtMost(one.endSeconds, until)
        left.push(one.endSeconds)
      }
      assert.strictEqual(left.length, ends.filter((end) => end <= until).length)
    }
    assert.deepEqual(left, ends.toSorted((a, b) => a - b))
  })

  it("adds a host only when none has room, and uses again what was left", () => {
    const two = run([server(0, 0, 100), server(1, 0, 100), server(2, 50, 200)])
    assert.deepInclude(two, { hosts: 2, bound: 2, spanSeconds: 50 })
    const one = run([server(0, 0, 100), server(1, 0, 100), server(2, 100, 200)])
    assert.deepInclude(one, { hosts: 1, bound: 1 })
  })

  it("counts one that ends when it came at that instant, and not after it", () => {
    const outcome = run([server(0, 0, 0, 64), server(1, 0, 300, 64), server(2, 300, 300, 64)])
    assert.deepInclude(outcome, { hosts: 2, bound: 2 })
    assert.deepEqual(outcome.moments.map(({ inUse }) => inUse), [2, 1])
  })

  it("sums hosts in use and their bound over time, to the second a server leaves", () => {
    // Two hosts half full for 10 s, then one until the end at 40 s; one server's worth is half a host.
    const outcome = run([server(0, 0, 10, 33), server(1, 0, Infinity, 33), server(2, 40, 50, 1)])
    assert.deepInclude(outcome, { hosts: 2, usedSeconds: 2 * 10 + 30, boundSeconds: 2 * 10 + 30, spanSeconds: 40 })
  })

  it("the bound is that of the resource asked for most: CPUs, memory, or 1 GiB pages", () => {
    assert.strictEqual(run([server(0, 0, 1, 64), server(1, 0, 1, 1)]).bound, 2)
    assert.strictEqual(run([server(0, 0, 1, 1, 200 * 1024), server(1, 0, 1, 1, 200 * 1024)]).bound, 2)
    const paged = { ...caseOf("pinned, 1 GiB pages"), pinnedShare: 1 }
    assert.deepInclude(run([0, 1, 2].map((id) => server(id, 0, 1, 1, 50 * 1024)), paged), { hosts: 2, bound: 2 })
    // However small, members of a group are on as many hosts; and on fewer when some have left.
    const apart = [...[0, 1, 2].map((id) => server(id, 0, 20 + id, 1, 1024, 0)), server(9, 100, 101, 1, 1024)]
    assert.deepInclude(run(apart, caseOf("anti-affinity")), { hosts: 3, bound: 3, boundSeconds: 3 * 20 + 2 + 1 })
  })

  it("pins the share of servers it says, the same in each run, within one NUMA cell of 32 CPUs", () => {
    const share = Array.from({ length: 10_000 }, (_, id) => shareOf(id)).filter((at) => at < 0.3).length / 10_000
    assert.closeTo(share, 0.3, 0.02)
    const pinned = { ...caseOf("pinned"), pinnedShare: 1 }
    assert.strictEqual(run([server(0, 0, 1, 20), server(1, 0, 1, 20), server(2, 0, 1, 20)], pinned).hosts, 2)
    assert.strictEqual(run([server(0, 0, 1, 20), server(1, 0, 1, 20), server(2, 0, 1, 20)]).hosts, 1)
  })

  it("rounds memory in 1 GiB pages up, and lays what is bigger than a cell's pages in both", () => {
    const specOf = specs({ ...caseOf("pinned, 1 GiB pages"), pinnedShare: 1 })
    assert.strictEqual(specOf(server(0, 0, 1, 1, 768)).ramMb, 1024)
    assert.strictEqual(specOf(server(0, 0, 1, 16, 112 * 1024)).numa?.cells.length, 2)
  })

  it("groups of a batch are three to five, and no host has two of a group", () => {
    const groupOf = groups()
    const sizes = new Map<object, number>()
    for (let id = 0; id < 300; id++) {
      const group = groupOf(server(id, 0, 1, 1, 1024, 7))
      sizes.set(group, (sizes.get(group) ?? 0) + 1)
    }
    const whole = [...sizes.values()].slice(0, -1)
    assert.deepEqual([...new Set(whole)].sort(), [3, 4, 5])
    const three = [0, 1, 2].map((id) => server(id, 0, 1, 1, 1024, 7))
    assert.strictEqual(run(three, caseOf("anti-affinity")).hosts, 3)
    assert.strictEqual(run(three).hosts, 1)
  })

  it("no way of placing needs less than the bound, and packing no more than the default", () => {
    const arrivals = drawn(800)
    for (const one of cases) {
      const hosts = new Map(policies.map(([policy, settings]) => {
        const outcome = replay(arrivals, one, settings, nobody)
        assert.isAtLeast(outcome.hosts, outcome.bound, `${one.name}, ${policy}, seed ${seed}`)
        assert.isAtLeast(outcome.usedSeconds, outcome.boundSeconds, `${one.name}, ${policy}, seed ${seed}`)
        return [policy, outcome.hosts] as const
      }))
      assert.isAtMost(hosts.get("packing")!, hosts.get("spread (default)")!, `${one.name}, seed ${seed}`)
    }
  })

  it("makes other clouds of it, in order of time, whose servers fit an empty host", () => {
    const trace = drawn(400)
    for (const other of others) {
      const arrivals = other.arrivals(trace)
      assert.isNotEmpty(arrivals, other.name)
      arrivals.forEach(({ atSeconds, endSeconds, ramMb, vcpus }, at) => {
        assert.isAtLeast(atSeconds, arrivals[at - 1]?.atSeconds ?? 0, other.name)
        assert.isAtLeast(endSeconds, atSeconds, other.name)
        assert.isTrue(vcpus <= other.size.vcpus && ramMb <= other.size.ramMb, other.name)
      })
    }
    const [first] = others
    assert.isAbove(replay(first!.arrivals(trace), caseOfOther(first!, true), defaultSettings, nobody).hosts, 0)
    const back = others.find(({ name }) => name === "reversed in time")!.arrivals(trace)
    const stay = ({ atSeconds, endSeconds }: Arrival) => endSeconds - atSeconds
    const whole = trace.filter(({ batch, endSeconds }) => batch % 4 === 0 && endSeconds !== Infinity)
    assert.deepEqual(back.map(stay).toSorted((a, b) => a - b), whole.map(stay).toSorted((a, b) => a - b))
  })

  it("takes how much of the trace from the command line, and says what it may be", () => {
    assert.deepInclude(parse(["packing", "--every", "4"], ["packing"]), { every: 4 })
    assert.deepInclude(parse(["packing"], ["packing"]), { every: null })
    assert.deepEqual(parse(["--every=0"], ["packing"]), { problem: "--every must be a whole number from 1 to 999, not 0" })
  })

  it("the default is what operators get without a word", () =>
    assert.strictEqual(settingsOf("spread (default)"), defaultSettings))
})
