import { sharedVcpus } from "../filters/resources.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { ClassWeigher } from "../Weigher.ts"

/** Servers there may be, by the memory that they ask for each vCPU: half of what the host has for each, as much, and twice. */
const lean = 0.5
const mixes: ReadonlyArray<number> = [lean, 1, 2]

/**
 * How much one vCPU's room counts that a mix loses, and one that the leanest servers can no longer use, where they could use all:
 * less leaves more hosts with vCPUs and no memory, more keeps servers with much memory off hosts that they would fill.
 */
const lossWeight = 0.5
const strandedWeight = 3

/** vCPUs of servers of one mix that a host would still hold. */
const room = (vcpus: number, ramMb: number, mbPerVcpu: number): number => Math.min(vcpus, ramMb / mbPerVcpu)

/** To the host that has the least room afterwards, but away from where the server would cost more room than it takes. Off unless asked for. */
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
    const isAllUsable = vcpus <= room(vcpus, ramMb, lean * mbPerVcpu)
    const stranded = isAllUsable ? vcpusLeft - room(vcpusLeft, ramLeftMb, lean * mbPerVcpu) : 0
    return -room(vcpusLeft, ramLeftMb, mbPerVcpu) - lossWeight * lost - strandedWeight * stranded
  }
}
