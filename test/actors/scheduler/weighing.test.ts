import { assert, describe, it } from "vitest"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { HostTable } from "../../../src/actors/scheduler/HostTable.ts"
import { ratiosOf } from "../../../src/actors/scheduler/ratios.ts"
import { rulesOf } from "../../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"
import { ranked } from "../../../src/actors/scheduler/select.ts"
import { defaultSettings, type SchedulerSettings } from "../../../src/actors/scheduler/settings.ts"
import { devicesOf, gpu } from "../../fixtures/devices.ts"
import { hostOf, saying, specOf } from "./made.ts"

const first = (hosts: ReadonlyArray<HostState>, spec: Partial<RequestSpec> = {}, settings: Partial<SchedulerSettings> = {}) =>
  ranked(rulesOf({ ...defaultSettings, ...settings }), hosts, specOf(spec))[0]!.host.hostname
const two = (a: Partial<HostState>, b: Partial<HostState>) => [hostOf("a", a), hostOf("b", b)]

describe("weighers prefer", () => {
  it.each<readonly [string, Partial<HostState>, Partial<HostState>, Partial<SchedulerSettings>]>([
    ["free memory", { ramUsedMb: 1024 }, {}, {}],
    ["used memory, when they pack", {}, { ramUsedMb: 1024 }, { weights: { RAMWeigher: -1 } }],
    ["free vCPUs", { vcpusUsed: 1 }, {}, {}],
    ["free disk", { diskUsedGb: 1 }, {}, {}],
    ["few tasks in flight", { ioOps: 1 }, {}, {}],
    ["few servers, when they are told so", { instances: 2 }, { instances: 1 }, { weights: { NumInstancesWeigher: -1 } }],
    ["hosts whose builds succeed, whatever else is there", { failedBuilds: 1 }, { ramUsedMb: 9000, vcpusUsed: 20 }, {}],
    ["newer hypervisors", {}, { hypervisorVersion: 9_000_000 }, {}],
    ["hosts without devices", { devices: devicesOf([gpu(1)]) }, {}, {}],
    ["metrics that are told", { metrics: new Map([["m", 1]]) }, { metrics: new Map([["m", 2]]) }, { metrics: [["m", 1]] }],
    ["hosts that report metrics", {}, { metrics: new Map([["m", -5]]) }, { metrics: [["m", 1]] }]
  ])("%s", (_, a, b, settings) => assert.strictEqual(first(two(a, b), {}, settings), "b"))

  it("servers of alike images, when they are told so", () => {
    const servers = () => [{ imageProperties: { os: "bsd" } }, { imageProperties: { os: "bsd" } }]
    const asked = { imageProperties: { os: "bsd" } }
    assert.strictEqual(first(two({}, { servers }), asked, { weights: { ImagePropertiesWeigher: 1 } }), "b")
    assert.strictEqual(first(two({}, { servers }), asked), "a")
    assert.strictEqual(first(two({ servers }, {}), asked, { weights: { ImagePropertiesWeigher: -1 } }), "b")
  })

  it("as a host's aggregates say, the least of several", () => {
    const more = { ramUsedMb: 0 }
    const less = { ramUsedMb: 4096 }
    assert.strictEqual(first(two(less, { ...more, aggregates: [saying({ ram_weight_multiplier: "-2" })] })), "a")
    const both = [saying({ ram_weight_multiplier: "5" }), saying({ ram_weight_multiplier: "-2" })]
    assert.strictEqual(first(two(less, { ...more, aggregates: both })), "a")
    assert.strictEqual(first(two(less, { ...more, aggregates: [saying({ ram_weight_multiplier: "much" })] })), "b")
  })

  it("and tell what each says of a host", () => {
    const table = new HostTable(rulesOf(defaultSettings))
    for (const host of [hostOf("a", { ramUsedMb: 8192 }), hostOf("b"), hostOf("c", { isUp: false })]) table.put(host)
    const [best, next, ...others] = table.ranked(specOf(), 5)
    // Free vCPUs and disk are counted from 0, as Nova does, and so are hosts without devices: 3 for each of the two.
    assert.deepStrictEqual([best?.host.hostname, best?.score, next?.host.hostname, next?.score, others], ["b", 4, "a", 3.5, []])
    assert.deepStrictEqual(next?.weights.find(({ weigher }) => weigher === "RAMWeigher"), { weigher: "RAMWeigher", value: 8192, normalised: 0.5, multiplier: 1 })
  })
})

describe("allocation ratios", () => {
  it("are those of the aggregates, the least of several, and as usual where they make no sense", () => {
    const ratios = ratiosOf([saying({ cpu_allocation_ratio: "16" }), saying({ cpu_allocation_ratio: "8", disk_allocation_ratio: "-1", ram_allocation_ratio: "1.5" })])
    assert.deepStrictEqual([ratios.cpu, ratios.ram, ratios.disk, ratios.reservedRamMb], [8, 1.5, 1, 512])
  })
})
