import { Result } from "effect"
import { assert, describe, it } from "vitest"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { rulesOf } from "../../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"
import { detailsOf, select, summaryOf } from "../../../src/actors/scheduler/select.ts"
import { defaultSettings } from "../../../src/actors/scheduler/settings.ts"
import { hostOf as host, specOf as spec } from "./made.ts"

const rules = rulesOf(defaultSettings)
const pick = (hosts: ReadonlyArray<HostState>, request: RequestSpec) => {
  const picked = select(rules, hosts, request)
  return Result.isSuccess(picked) ? picked.success.hostname : detailsOf(picked.failure)
}

describe("select", () => {
  it.each<readonly [string, Partial<HostState>, Partial<RequestSpec>, string]>([
    ["admits a host with room", {}, {}, "a"],
    ["down", { isUp: false }, {}, "ComputeFilter: its compute service is down (1 host)"],
    ["disabled", { isDisabled: true, disabledReason: "fan" }, {}, "ComputeFilter: disabled: fan (1 host)"],
    ["another zone", { availabilityZone: "az1" }, { availabilityZone: "nova" }, "AvailabilityZoneFilter: in zone az1 (1 host)"],
    ["memory", { ramUsedMb: 15_000 }, {}, "MEMORY_MB: 1384 MiB free of 2048 needed (1 host)"],
    ["cpu, overcommitted", { vcpusUsed: 31 }, {}, "VCPU: 1 VCPU free of 2 needed (1 host)"],
    ["more cpus than the host has", {}, { vcpus: 9 }, "VCPU: has 8 CPUs in all, 9 needed (1 host)"],
    ["disk", { diskUsedGb: 95 }, {}, "DISK_GB: 5 GiB free of 10 needed (1 host)"],
    ["another host", {}, { host: "b" }, "RequestedHostFilter: not the requested host b (1 host)"],
    ["an earlier failure", {}, { excludedHosts: ["a"] }, "RequestedHostFilter: failed an earlier try of this build (1 host)"],
    ["affinity elsewhere", {}, { groupPolicy: "affinity", groupHosts: new Map([["b", 1]]) },
      "ServerGroupAffinityFilter: the group's members are on another host (1 host)"],
    ["anti-affinity", {}, { groupPolicy: "anti-affinity", groupHosts: new Map([["a", 1]]) },
      "ServerGroupAntiAffinityFilter: has 1 of the group's members (1 host)"],
    ["anti-affinity with room", {}, { groupPolicy: "anti-affinity", maxServerPerHost: 2, groupHosts: new Map([["a", 1]]) }, "a"],
    ["forced: filters are skipped", { isDisabled: true }, { isForced: true, host: "a" }, "a"],
    ["forced: resources are not", { ramUsedMb: 16_000 }, { isForced: true, host: "a" }, "MEMORY_MB: 384 MiB free of 2048 needed (1 host)"]
  ])("%s", (_, hostMore, specMore, expected) => assert.strictEqual(pick([host("a", hostMore)], spec(specMore)), expected))

  it("spreads: the emptiest host wins, and ties go by name whatever the order", () => {
    const hosts = [host("c"), host("b"), host("a", { ramUsedMb: 512 })]
    assert.strictEqual(pick(hosts, spec()), "b")
    assert.strictEqual(pick(hosts.toReversed(), spec()), "b")
  })

  it("prefers the group's hosts for soft-affinity, the others for soft-anti-affinity", () => {
    const hosts = [host("a"), host("b")]
    const groupHosts = new Map([["b", 2]])
    assert.strictEqual(pick(hosts, spec({ groupPolicy: "soft-affinity", groupHosts })), "b")
    assert.strictEqual(pick(hosts, spec({ groupPolicy: "soft-anti-affinity", groupHosts })), "a")
  })

  it("tells the owner what was short, and no host's name", () => {
    const picked = select(rules, [host("secret-1", { isUp: false }), host("secret-2", { ramUsedMb: 16_000 })], spec())
    assert.isTrue(Result.isFailure(picked))
    if (Result.isFailure(picked)) {
      assert.strictEqual(summaryOf(picked.failure, spec()), "ComputeFilter refused 1 of 2; MEMORY_MB refused 1 of 2")
    }
  })

  it("tells the owner what of their own wish was refused", () => {
    const asked = spec({ resources: [["CUSTOM_CARD", 2]], required: ["HW_A"], forbidden: ["HW_B"] })
    const picked = select(rules, [host("secret-1", { traits: new Set(["HW_A"]) }), host("secret-2")], asked)
    assert.strictEqual(
      Result.isFailure(picked) && summaryOf(picked.failure, asked),
      "Traits (HW_A, not HW_B) refused 1 of 2; Resources (2 CUSTOM_CARD) refused 1 of 2"
    )
  })
})
