/** The scheduler's pick alone, in this process: how many a second, how long each takes, and how both grow with the fleet. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Result } from "effect"
import { HostTable } from "../../src/actors/scheduler/HostTable.ts"
import { refusedOf } from "../../src/actors/scheduler/proof/refused.ts"
import { rulesOf } from "../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../src/actors/scheduler/RequestSpec.ts"
import { defaultSettings } from "../../src/actors/scheduler/settings.ts"
import type { Bench } from "../Bench.ts"
import { percentile } from "../statistics.ts"
import { nestedCandidates } from "./candidatesCase.ts"
import { happenings } from "./placementEvents.ts"
import { changed, drawing, fleetOf, pinned, type Placed, plain, shapes, withDevices } from "./placementFleet.ts"

/** Members of a group; each new group starts when the one before is full. */
const groupSize = 20
const seed = 7
/** Of a round. */
const refusals = 20
/** What few hosts take cannot be told from nothing. */
const toldFrom = 10_000

interface Case {
  readonly name: string
  readonly mix: ReadonlyArray<RequestSpec>
  /** One request in so many is of a group whose members are kept apart; 0: none. */
  readonly groupedOneIn: number
  /** Hosts change by themselves, too. */
  readonly isEventful: boolean
}

const cases: ReadonlyArray<Case> = [
  { name: "plain", mix: plain, groupedOneIn: 0, isEventful: false },
  { name: "plain, hosts changing", mix: plain, groupedOneIn: 0, isEventful: true },
  { name: "anti-affinity", mix: plain, groupedOneIn: 1, isEventful: false },
  { name: "pinned, pages, anti-affinity", mix: pinned, groupedOneIn: 4, isEventful: false },
  { name: "pinned, pages, anti-affinity, hosts changing", mix: pinned, groupedOneIn: 4, isEventful: true },
  { name: "pinned, near PCI devices", mix: withDevices, groupedOneIn: 0, isEventful: false }
]

const rules = rulesOf(defaultSettings)

const cpuMicrosOf = (run: () => void): number => {
  const before = process.threadCpuUsage()
  run()
  const { system, user } = process.threadCpuUsage(before)
  return system + user
}

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")
/** Bytes in use, once garbage is gone. */
const bytesInUse = (): number => {
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Places servers on a fleet, one going for each that comes, so that it stays as full as it was. */
const placing = ({ groupedOneIn, isEventful, mix }: Case, size: number) => {
  const draw = drawing(seed)
  const { hosts, servers } = fleetOf(size, mix, draw)
  const byKind = new Map(mix.map((kind) => [kind, servers.filter(({ spec }) => spec === kind)]))
  const table = new HostTable(rules)
  const bytesBefore = bytesInUse()
  const fillMicros = cpuMicrosOf(() => {
    for (const host of hosts) table.put(host)
  }) / size
  const happen = isEventful ? happenings(table, hosts.map(({ hostname }) => hostname), drawing(seed + 1)) : () => {}
  let group = new Map<string, number>()
  const next = (spec: RequestSpec): RequestSpec => {
    if (groupedOneIn === 0 || draw(groupedOneIn) > 0) return spec
    if (group.size >= groupSize) group = new Map()
    return { ...spec, groupPolicy: "anti-affinity", groupHosts: group }
  }
  const put = (placed: Placed, sign: 1 | -1) => table.put(changed(table.get(placed.hostname)!, placed, sign))
  /** Milliseconds from the question to the claim; `null`: no host would do. */
  const place = (): number | null => {
    const kind = mix[draw(mix.length)]!
    const spec = next(kind)
    const from = performance.now()
    const picked = table.pick(spec)
    const alike = byKind.get(kind)!
    if (Result.isFailure(picked)) {
      // One makes room, or nothing would ever change again.
      const [gone] = alike.splice(draw(alike.length), 1)
      if (gone !== undefined) put(gone, -1)
      return null
    }
    const placed = { hostname: picked.success.host.hostname, spec, numa: picked.success.numa, devices: picked.success.devices }
    put(placed, 1)
    const took = performance.now() - from
    if (spec.groupHosts === group) group.set(placed.hostname, 1)
    // One of its kind goes, so that the mix stays what it is.
    const at = draw(alike.length)
    const gone = alike[at]
    if (gone !== undefined) put(gone, -1)
    alike[at] = placed
    happen(placed.hostname)
    return took
  }
  /** A request that no host holds, with the proof of it; something changed since the last. */
  const refuse = (): void => {
    place()
    const spec = { ...mix[0]!, ramMb: 2 ** 40 }
    const picked = table.pick(spec)
    if (Result.isFailure(picked)) refusedOf(rules, table.states(), spec, picked.failure, { serversOn: () => [], mayLeave: () => false })
  }
  return { place, refuse, mix, fillMicros, ownBytes: () => (bytesInUse() - bytesBefore) / size }
}

const measure = (bench: Bench, one: Case, size: number) => {
  bench.progress.say(`${one.name}, ${size} hosts`)
  const { fillMicros, mix, ownBytes, place, refuse } = placing(one, size)
  const first = performance.now()
  // The first request of each kind looks at every host.
  for (let at = 0; at < mix.length * 8; at++) place()
  const warmMillis = performance.now() - first
  const bytes = ownBytes()
  const condition = `${one.name}, ${size} hosts`
  const samples = { cpu: [] as Array<number>, rate: [] as Array<number>, p50: [] as Array<number>, p99: [] as Array<number>, refused: [] as Array<number> }
  for (let round = 0; round < bench.scale.rounds; round++) {
    const times: Array<number> = []
    const from = performance.now()
    const micros = cpuMicrosOf(() => {
      for (let at = 0; at < bench.scale.placements; at++) {
        const took = place()
        if (took !== null) times.push(took)
      }
    })
    samples.cpu.push(micros / bench.scale.placements)
    samples.rate.push(times.length * 1000 / (performance.now() - from))
    samples.p50.push(percentile(times, 50) * 1000)
    samples.p99.push(percentile(times, 99))
    samples.refused.push(cpuMicrosOf(() => {
      for (let at = 0; at < refusals; at++) refuse()
    }) / refusals / 1000)
  }
  bench.record("placementRate", condition, samples.rate)
  bench.record("placementCpu", condition, samples.cpu)
  bench.record("placementP50", condition, samples.p50)
  bench.record("placementP99", condition, samples.p99)
  bench.record("placementFirst", condition, [warmMillis / mix.length])
  if (size < toldFrom) return
  bench.record("placementRefusal", condition, samples.refused)
  bench.record("placementFill", condition, [fillMicros])
  bench.record("placementBytes", condition, [bytes])
}

const measureCandidates = (bench: Bench) => {
  const ask = nestedCandidates()
  const millis = () => {
    const from = performance.now()
    ask()
    return performance.now() - from
  }
  const median = () => percentile(Array.from({ length: 100 }, millis), 50)
  median()
  bench.record("candidates", "", Array.from({ length: bench.scale.rounds }, median))
}

export const placement = {
  meaning: "the scheduler's pick alone, on fleets of 100 to 100,000 hosts that are 60 % full",
  run: async (bench: Bench) => {
    bench.remark(`Placement: fleets of ${shapes().length} shapes of hosts, ${cases.length} cases.`)
    measureCandidates(bench)
    for (const one of cases) for (const size of bench.scale.placementFleets) measure(bench, one, size)
  }
}
