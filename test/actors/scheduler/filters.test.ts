/** Each filter of Nova's: a host, a request, and what it says of them; `null`: the host is admitted. */
import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { numaOf } from "../../../src/actors/placement/numa/Numa.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { filterNames, rulesOf, weigherNames } from "../../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"
import { refusalsOf } from "../../../src/actors/scheduler/select.ts"
import { defaultSettings, type SchedulerSettings } from "../../../src/actors/scheduler/settings.ts"
import { devicesOf, gpu, nic, request } from "../../fixtures/devices.ts"
import { cellOf, hostOf as cellsOf } from "../placement/numa/guests.ts"
import { having, hostOf, saying, specOf } from "./made.ts"

type Row = readonly [name: string, host: Partial<HostState>, spec: Partial<RequestSpec>, why: string | null, settings?: Partial<SchedulerSettings>]

const says = (key: string, value: string) => ({ aggregates: [saying({ [key]: value })] })
const image = (key: string, value: string) => ({ imageProperties: { [key]: value } })
const isolation = { hosts: ["a"], images: ["iso"], isRestricted: true }
const pinned = (vcpus: number) => Result.getOrThrow(numaOf({ vcpus, ramMb: 1024, extraSpecs: { "hw:cpu_policy": "dedicated" } }, {}))

/** One of the class for each group. */
const groups = (resource: string, ...suffixes: ReadonlyArray<string>): Partial<RequestSpec> => ({
  resources: [[resource, suffixes.length]],
  groups: suffixes.map((suffix) => ({ suffix, resources: [[resource, 1]], required: [], forbidden: [] }))
})

const apart = { isDivided: true, others: having({ PCPU: 4 }) }

const rows: ReadonlyArray<Row> = [
  ["AllHostsFilter", {}, {}, null],
  ["ComputeFilter", { isUp: false }, {}, "its compute service is down"],
  ["ComputeFilter", { isDisabled: true }, {}, "disabled"],
  ["ComputeCapabilitiesFilter", {}, { capabilities: [["hypervisor_type", "s== QEMU"], ["free_ram_mb", ">= 1024"]] }, null],
  ["ComputeCapabilitiesFilter", {}, { capabilities: [["vcpus_total", ">= 9"]] }, "vcpus_total is 8, >= 9 needed"],
  ["ComputeCapabilitiesFilter", {}, { capabilities: [["gpu", "s== a"]] }, "has no capability gpu"],
  ["ComputeCapabilitiesFilter", { traits: new Set(["HW_CPU_X86_AVX2", "HW_CPU_X86_AESNI"]) }, { capabilities: [["cpu_info:features", "<all-in> avx2 aesni"]] }, null],
  ["ImagePropertiesFilter", {}, image("hw_architecture", "aarch64"), "runs x86_64, the image is for aarch64"],
  ["ImagePropertiesFilter", {}, image("hw_architecture", "amd64"), null],
  ["ImagePropertiesFilter", {}, image("hw_architecture", "i686"), null],
  ["ImagePropertiesFilter", {}, image("img_hv_type", "kvm"), null],
  ["ImagePropertiesFilter", {}, image("img_hv_type", "xen"), "its hypervisor is QEMU, the image is for xen"],
  ["ImagePropertiesFilter", {}, image("hw_vm_mode", "xen"), "runs hvm guests, the image is for xen"],
  ["ImagePropertiesFilter", {}, image("img_hv_requested_version", ">=6.0, <9"), null],
  ["ImagePropertiesFilter", {}, image("img_hv_requested_version", ">=8.3"), "its hypervisor is of version 8.2.1, the image needs >=8.3"],
  ["ServerGroupAffinityFilter", {}, { groupPolicy: "affinity", groupHosts: new Map([["b", 1]]) }, "the group's members are on another host"],
  ["ServerGroupAntiAffinityFilter", {}, { groupPolicy: "anti-affinity", maxServerPerHost: 3, groupHosts: new Map([["a", 3]]) }, "has 3 of the group's members"],
  ["ServerGroupAntiAffinityFilter", {}, { groupPolicy: "anti-affinity", maxServerPerHost: 3, groupHosts: new Map([["a", 2]]) }, null],
  ["SameHostFilter", {}, { sameHosts: ["b"] }, "has none of the servers of hint same_host"],
  ["SameHostFilter", {}, { sameHosts: ["b", "a"] }, null],
  ["DifferentHostFilter", {}, { differentHosts: ["a"] }, "has a server of hint different_host"],
  ["SimpleCIDRAffinityFilter", {}, { near: "10.0.0.77/24" }, null],
  ["SimpleCIDRAffinityFilter", {}, { near: "10.0.1.77/24" }, "its address 10.0.0.1 is not in 10.0.1.77/24"],
  ["SimpleCIDRAffinityFilter", {}, { near: "here/24" }, "here/24 is no network"],
  ["AggregateInstanceExtraSpecsFilter", says("ssd", "true, yes"), { aggregateSpecs: [["ssd", "yes"]] }, null],
  ["AggregateInstanceExtraSpecsFilter", says("ssd", "no"), { aggregateSpecs: [["ssd", "<or> yes <or> true"]] }, "its aggregates say ssd=no, <or> yes <or> true needed"],
  ["AggregateInstanceExtraSpecsFilter", {}, { aggregateSpecs: [["ssd", "yes"]] }, "in no aggregate that says ssd"],
  ["AggregateImagePropertiesIsolation", says("os", "windows"), image("os", "linux"), "its aggregates say os=windows, the image says linux"],
  ["AggregateImagePropertiesIsolation", says("os", "windows,linux"), image("os", "linux"), null],
  ["AggregateImagePropertiesIsolation", says("os", "windows"), image("os", "linux"), null, { imageNamespace: "iso" }],
  ["AggregateMultiTenancyIsolation", says("filter_tenant_id2", "q, r"), {}, "in an aggregate that is for other projects"],
  ["AggregateMultiTenancyIsolation", says("filter_tenant_id", "q,p"), {}, null],
  ["AggregateTypeAffinityFilter", says("instance_type", "m2,m3"), {}, "in an aggregate that is for the flavors m2, m3"],
  ["AggregateTypeAffinityFilter", says("instance_type", "m1"), {}, null],
  ["IoOpsFilter", { ioOps: 8 }, {}, "8 I/O operations, fewer than 8 needed"],
  ["IoOpsFilter", { ioOps: 7, ...says("max_io_ops_per_host", "2") }, {}, null],
  ["AggregateIoOpsFilter", { ioOps: 2, ...says("max_io_ops_per_host", "2") }, {}, "2 I/O operations, fewer than 2 needed"],
  ["NumInstancesFilter", { instances: 50 }, {}, "50 servers, fewer than 50 needed"],
  ["AggregateNumInstancesFilter", { instances: 50, ...says("max_instances_per_host", "60") }, {}, null],
  ["AggregateNumInstancesFilter", { instances: 50, ...says("max_instances_per_host", "many") }, {}, "50 servers, fewer than 50 needed"],
  ["IsolatedHostsFilter", {}, { imageId: "iso" }, null, { isolation }],
  ["IsolatedHostsFilter", {}, { imageId: "other" }, "is for isolated images alone", { isolation }],
  ["IsolatedHostsFilter", {}, { imageId: "other" }, null, { isolation: { ...isolation, isRestricted: false } }],
  ["IsolatedHostsFilter", {}, { imageId: "iso" }, "not one of the hosts for isolated images", { isolation: { ...isolation, hosts: ["b"] } }],
  ["IsolatedAggregatesFilter", says("trait:CUSTOM_GOLD", "required"), {}, "in an aggregate that is for requests of trait CUSTOM_GOLD"],
  ["TenantAggregatesFilter", {}, { tenantAggregates: ["a"] }, "in no aggregate that is for the request's project"],
  ["TenantAggregatesFilter", says("any", "thing"), { tenantAggregates: ["a"] }, null],
  ["TenantAggregatesFilter", says("any", "thing"), { tenantAggregates: [] }, "no aggregate is for the request's project, as all must have one"],
  ["JsonFilter", {}, { query: "[\"and\", [\">=\", \"$free_ram_mb\", 1024], [\"=\", \"$host\", \"a\"]]" }, null],
  ["JsonFilter", {}, { query: "[\"or\", [\"<\", \"$free_disk_mb\", 1], [\"in\", \"$host\", \"b\", \"c\"]]" }, "hint query is not true of it"],
  ["JsonFilter", {}, { query: "[\"not\", [\"=\", \"$host\", \"a\"]]" }, "hint query is not true of it"],
  ["JsonFilter", {}, { query: "[\"<=\", 1]" }, "hint query is not true of it"],
  ["JsonFilter", {}, { query: "{" }, "hint query is no JSON"],
  ["MetricsFilter", {}, {}, "does not report the metric cpu.frequency", { metrics: [["cpu.frequency", 1]] }],
  ["MetricsFilter", { metrics: new Map([["cpu.frequency", 9]]) }, {}, null, { metrics: [["cpu.frequency", 1]] }],
  ["PciPassthroughFilter", { devices: devicesOf([gpu(1)]) }, { devices: [request("gpu", 2)] }, "1 PCI devices gpu free of 2 needed"],
  ["PciPassthroughFilter", { devices: devicesOf([gpu(1), gpu(2)]) }, { devices: [request("gpu", 2)] }, null],
  ["PciPassthroughFilter", { devices: devicesOf([gpu(1), gpu(2)]) }, { devices: [request("gpu")], together: 3 }, "2 PCI devices gpu free of 3 needed"],
  ["PciPassthroughFilter", { devices: devicesOf(nic(1, 2)) }, { devices: [request("pf"), request("vf")] }, "its free PCI devices do not do for all at once: 2 needed (pf: 1, vf: 1)"],
  ["NUMATopologyFilter", { topology: cellsOf(cellOf(0, 2, 2)) }, { numa: pinned(4) }, null],
  ["NUMATopologyFilter", { topology: cellsOf(cellOf(0, 2, 2)) }, { numa: pinned(5), vcpus: 5 }, "guest NUMA node 0 on host NUMA node 0: 5 CPUs for dedicated use needed, 4 there"],
  ["NUMATopologyFilter", {}, { numa: pinned(4) }, "tells nothing of its NUMA nodes"],
  ["NUMATopologyFilter", { topology: cellsOf(cellOf(0, 2, 2), cellOf(1, 2, 2)), devices: devicesOf([gpu(1, 1)]) }, { numa: pinned(4), devices: [request("gpu")] }, null],
  ["NUMATopologyFilter", { topology: cellsOf(cellOf(0, 2, 2)), devices: devicesOf([gpu(1, 1)]) }, { numa: pinned(4), devices: [request("gpu")] }, "no NUMA nodes hold the guest's that are near enough to the devices it asks for (gpu: 1, legacy)"],
  ["NUMATopologyFilter", { topology: cellsOf(cellOf(0, 2, 2)), devices: devicesOf([gpu(1)]) }, { numa: pinned(4), devices: [request("gpu", 1, "required")] }, "no NUMA nodes hold the guest's that are near enough to the devices it asks for (gpu: 1, required)"],
  ["Resources", {}, { resources: [["CUSTOM_X", 2]] }, "0 CUSTOM_X free of 2 needed"],
  ["Resources", { others: having({ CUSTOM_X: 2 }) }, { resources: [["CUSTOM_X", 2]] }, null],
  ["Resources", { others: having({ CUSTOM_X: 2 }) }, { resources: [["CUSTOM_X", 1]], together: 3 }, "2 CUSTOM_X free of 3 needed"],
  ["Resources", { others: having({ CUSTOM_X: 8 }, {}, { stepSize: 2 }) }, { resources: [["CUSTOM_X", 3]] }, "gives out CUSTOM_X in steps of 2 from 1 to 8, not 3"],
  ["Resources", { others: having({ CUSTOM_X: 2 }) }, { ...groups("CUSTOM_X", "1", "2") }, "group_policy (none or isolate) is needed with more than one group of resources"],
  ["Resources", { others: having({ CUSTOM_X: 2 }) }, { ...groups("CUSTOM_X", "1", "2"), resourceGroupPolicy: "none" }, null],
  ["Resources", { others: having({ CUSTOM_X: 2 }) }, { ...groups("CUSTOM_X", "1", "2"), resourceGroupPolicy: "isolate" }, "has one provider of resources, group_policy=isolate asks for 2"],
  ["PCPU", {}, { pinnedCpus: 4 }, null],
  ["PCPU", {}, { pinnedCpus: 4, isForPcpus: true }, "0 PCPU free of 4 needed"],
  ["PCPU", { isDivided: true, others: having({ PCPU: 4 }) }, { pinnedCpus: 2, emulatorCpus: 1, isForPcpus: true }, null],
  ["PCPU", { isDivided: true, others: having({ PCPU: 2 }) }, { pinnedCpus: 2, emulatorCpus: 1 }, "2 PCPU free of 3 needed"],
  ["Traits", {}, { required: ["HW_X"] }, "lacks the trait HW_X"],
  ["Traits", { traits: new Set(["HW_X"]) }, { forbidden: ["HW_X"] }, "has the trait HW_X"],
  ["VCPU", { ...apart, vcpus: 2, vcpuCapacity: 2 }, { vcpus: 4, pinnedCpus: 3 }, null],
  ["VCPU", { ...apart, vcpus: 2, vcpuCapacity: 2, vcpusUsed: 3 }, { vcpus: 4, pinnedCpus: 4 }, null],
  ["VCPU", { vcpusUsed: 30 }, { together: 2 }, "2 VCPU free of 4 needed"]
]

describe("a filter", () => {
  it.each(rows.map((row) => ({ row, title: `${row[0]}: ${row[3] ?? "admits"}` })))("$title", ({ row: [name, hostMore, specMore, expected, more] }) => {
    const settings = { ...defaultSettings, enabledFilters: [name], ...more }
    const { refused } = refusalsOf(rulesOf(settings), [hostOf("a", hostMore)], specOf(specMore))
    const why = [...refused].map(([filter, reasons]) => [filter, [...reasons.keys()].join()])
    assert.deepStrictEqual(why, expected === null ? [] : [[name, expected]])
  })

  it("is there for each of Nova's, and each has a row", () => {
    const nova = [
      "AllHostsFilter", "ComputeFilter", "ComputeCapabilitiesFilter", "ImagePropertiesFilter", "ServerGroupAntiAffinityFilter",
      "ServerGroupAffinityFilter", "DifferentHostFilter", "SameHostFilter", "SimpleCIDRAffinityFilter", "AggregateInstanceExtraSpecsFilter",
      "AggregateImagePropertiesIsolation", "AggregateMultiTenancyIsolation", "AggregateTypeAffinityFilter", "AggregateIoOpsFilter",
      "IoOpsFilter", "AggregateNumInstancesFilter", "NumInstancesFilter", "IsolatedHostsFilter", "JsonFilter", "MetricsFilter",
      "NUMATopologyFilter", "PciPassthroughFilter", "IsolatedAggregatesFilter"
    ]
    assert.sameMembers([...filterNames(defaultSettings)], nova)
    const tried = new Set(rows.map(([name]) => name))
    assert.deepStrictEqual(nova.filter((name) => !tried.has(name)), [])
  })

  it("that is not enabled is not asked; resources, cells and devices are in any case", () => {
    const { filters } = rulesOf({ ...defaultSettings, enabledFilters: [] })
    assert.deepStrictEqual(filters.map(({ name }) => name), [
      "RequestedHostFilter", "AvailabilityZoneFilter", "TenantAggregatesFilter", "MEMORY_MB", "VCPU", "DISK_GB", "PCPU", "Traits", "Resources", "PciPassthroughFilter", "NUMATopologyFilter"
    ])
  })
})

describe("weighers", () => {
  it("are Nova's, with its multipliers", () => {
    const { weighers } = rulesOf(defaultSettings)
    const nova = {
      RAMWeigher: 1, CPUWeigher: 1, DiskWeigher: 1, IoOpsWeigher: -1, NumInstancesWeigher: 0, PCIWeigher: 1,
      ServerGroupSoftAffinityWeigher: 1, ServerGroupSoftAntiAffinityWeigher: 1, BuildFailureWeigher: 1_000_000,
      CrossCellWeigher: 1_000_000, HypervisorVersionWeigher: 1, ImagePropertiesWeigher: 0, MetricsWeigher: 1
    }
    const multipliers = new Map(weighers.map(({ multiplier, name }) => [name, multiplier]))
    assert.deepStrictEqual(Object.fromEntries(Object.keys(nova).map((name) => [name, multipliers.get(name)])), nova)
    // What Nova does not have is off until an operator asks for it.
    assert.deepStrictEqual(weighers.filter(({ multiplier, name }) => !Object.hasOwn(nova, name) && multiplier !== 0), [])
    assert.strictEqual(weigherNames(defaultSettings).length, weighers.length)
  })
})
