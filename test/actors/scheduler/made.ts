/** Hosts and requests of these tests, in few words. */
import { defaultRatios } from "../../../src/actors/host/Host.ts"
import { noDevices } from "../../../src/actors/placement/devices/DeviceState.ts"
import type { Inventory } from "../../../src/actors/placement/records.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"

export const hostOf = (hostname: string, more: Partial<HostState> = {}): HostState => ({
  hostname, availabilityZone: "nova", isUp: true, isDisabled: false, disabledReason: null, hostIp: "10.0.0.1",
  hypervisorType: "QEMU", hypervisorVersion: 8_002_001, cpuArch: "x86_64", cpuModel: "EPYC", traits: new Set(), aggregates: [],
  ratios: defaultRatios, vcpus: 8, memoryMb: 16_384, diskGb: 100, vcpuCapacity: 32, ramCapacityMb: 16_384, diskCapacityGb: 100,
  vcpusUsed: 0, ramUsedMb: 0, diskUsedGb: 0, isDivided: false, others: new Map(), tree: null, devices: noDevices, metrics: new Map(),
  instances: 0, ioOps: 0, failedBuilds: 0, topology: null, servers: () => [], ...more
})

/** So much of classes of resources, of which so much is used. */
export const having = (
  totals: { readonly [resource: string]: number }, used: { readonly [resource: string]: number } = {}, more: Partial<Inventory> = {}
): HostState["others"] =>
  new Map(Object.entries(totals).map(([resource, total]) => [resource, {
    used: used[resource] ?? 0, inventory: { total, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1, ...more }
  }]))

export const specOf = (more: Partial<RequestSpec> = {}): RequestSpec => ({
  instanceId: "i", projectId: "p", flavorName: "m1", imageId: null, imageProperties: {}, numa: null, pinnedCpus: 0, emulatorCpus: 0, isForPcpus: false,
  vcpus: 2, ramMb: 2048, diskGb: 10, resources: [], groups: [], resourceGroupPolicy: null, required: [], forbidden: [], devices: [], capabilities: [], aggregateSpecs: [],
  availabilityZone: null, host: null, isForced: false, excludedHosts: [], groupPolicy: null, maxServerPerHost: 1, groupHosts: new Map(),
  sameHosts: null, differentHosts: null, near: null, query: null, tenantAggregates: null, together: 1, ...more
})

/** An aggregate that says this. */
export const saying = (metadata: { readonly [key: string]: string }) => ({ id: 1, uuid: "a", metadata })
