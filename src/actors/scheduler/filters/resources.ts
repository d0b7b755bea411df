import type { Filter, HostState, RequestSpec } from "../Filter.ts"

const resource = (
  name: string, unit: string, free: (host: HostState) => number, wanted: (spec: RequestSpec) => number
): Filter => ({
  name,
  isResource: true,
  admits: (host, spec) => wanted(spec) <= free(host) || `${Math.max(0, free(host))} ${unit} free of ${wanted(spec)} needed`
})

/** The resource classes of Placement. A single server is never given more vCPUs than the host has threads. */
export const vcpu: Filter = {
  name: "VCPU",
  isResource: true,
  admits: (host, spec) =>
    spec.vcpus > host.vcpus
      ? `has ${host.vcpus} CPUs in all, ${spec.vcpus} needed`
      : spec.vcpus <= host.vcpuCapacity - host.vcpusUsed ||
        `${Math.max(0, host.vcpuCapacity - host.vcpusUsed)} VCPU free of ${spec.vcpus} needed`
}
export const memory = resource("MEMORY_MB", "MiB", (host) => host.ramCapacityMb - host.ramUsedMb, (spec) => spec.ramMb)
export const disk = resource("DISK_GB", "GiB", (host) => host.diskCapacityGb - host.diskUsedGb, (spec) => spec.diskGb)
