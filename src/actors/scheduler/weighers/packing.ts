import { sharedVcpus } from "../filters/resources.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { ClassWeigher } from "../Weigher.ts"

/** Servers there may be, by the memory that they ask for each vCPU: half of what the host has for each, as much, and twice. */
const mixes: ReadonlyArray<number> = [0.5, 1, 2]

/** vCPUs of servers of one mix that a host would still hold. */
const room = (vcpus: number, ramMb: number, mbPerVcpu: number): number => Math.min(vcpus, ramMb / mbPerVcpu)

/**
 * To the host that has the least room afterwards, but away from where the server would cost more room than it takes: one with much
 * memory strands vCPUs where memory is short. Off unless asked for.
 */
export const packing: ClassWeigher = {
  reads: "class",
  name: "PackingWeigher",
  multiplier: 0,
  metadataKey: null,
  floor: null,
  key: ({ pinnedCpus, ramMb, vcpus }) => `${vcpus} ${pinnedCpus} ${ramMb}`,
  weigh: (host: HostState, spec: RequestSpec) => {
    const mbPerVcpu = Math.max(1, host.ramCapacityMb) / Math.max(1, host.vcpuCapacity)
    const vcpus = host.vcpuCapacity - host.vcpusUsed
    const ramMb = host.ramCapacityMb - host.ramUsedMb
    const vcpusLeft = vcpus - sharedVcpus(host, spec)
    const ramLeftMb = ramMb - spec.ramMb
    let lost = 0
    for (const mix of mixes) lost += room(vcpus, ramMb, mix * mbPerVcpu) - room(vcpusLeft, ramLeftMb, mix * mbPerVcpu)
    return -lost - room(vcpusLeft, ramLeftMb, mbPerVcpu)
  }
}
