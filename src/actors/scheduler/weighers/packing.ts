import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { ClassWeigher } from "../Weigher.ts"

/** Memory that the leanest servers in wide use have for each vCPU. Half or twice as much packs as well. */
const leanMbPerVcpu = 2048
/** A stranded vCPU is worse than so many that are merely free: more than any host has. */
const strandedVcpu = 1024

/** Free vCPUs that no server can use any more, since the memory is gone. */
const stranded = (vcpus: number, ramMb: number): number => Math.max(0, vcpus - ramMb / leanMbPerVcpu)

/** To the host whose vCPUs would be filled best, but away from where the server strands some. Off unless asked for. */
export const packing: ClassWeigher = {
  reads: "class",
  name: "PackingWeigher",
  multiplier: 0,
  metadataKey: null,
  floor: null,
  key: ({ ramMb, vcpus }) => `${vcpus} ${ramMb}`,
  weigh: (host: HostState, spec: RequestSpec) => {
    const vcpus = host.vcpuCapacity - host.vcpusUsed
    const ramMb = host.ramCapacityMb - host.ramUsedMb
    const more = stranded(vcpus - spec.vcpus, ramMb - spec.ramMb) - stranded(vcpus, ramMb)
    return -(vcpus - spec.vcpus) - strandedVcpu * more
  }
}
