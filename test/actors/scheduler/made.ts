/** Hosts and requests of these tests, in few words. */
import { defaultRatios } from "../../../src/actors/host/Host.ts"
import { noDevices } from "../../../src/actors/placement/devices/DeviceState.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"

export const hostOf = (hostname: string, more: Partial<HostState> = {}): HostState => ({
  hostname, availabilityZone: "nova", isUp: true, isDisabled: false, disabledReason: null, hostIp: "10.0.0.1",
  hypervisorType: "QEMU", hypervisorVersion: 8_002_001, cpuArch: "x86_64", cpuModel: "EPYC", traits: new Set(), aggregates: [],
  ratios: defaultRatios, vcpus: 8, memoryMb: 16_384, diskGb: 100, vcpuCapacity: 32, ramCapacityMb: 16_384, diskCapacityGb: 100,
  vcpusUsed: 0, ramUsedMb: 0, diskUsedGb: 0, isDivided: false, otherFree: new Map(), devices: noDevices, metrics: new Map(),
  instances: 0, ioOps: 0, failedBuilds: 0, topology: null, servers: () => [], ...more
})

export const specOf = (more: Partial<RequestSpec> = {}): RequestSpec => ({
  instanceId: "i", projectId: "p", flavorName: "m1", imageId: null, imageProperties: {}, numa: null, pinnedCpus: 0,
  vcpus: 2, ramMb: 2048, diskGb: 10, resources: [], required: [], forbidden: [], devices: [], capabilities: [], aggregateSpecs: [],
  availabilityZone: null, host: null, isForced: false, excludedHosts: [], groupPolicy: null, maxServerPerHost: 1, groupHosts: new Map(),
  sameHosts: null, differentHosts: null, near: null, query: null, together: 1, ...more
})

/** An aggregate that says this. */
export const saying = (metadata: { readonly [key: string]: string }) => ({ id: 1, uuid: "a", metadata })
