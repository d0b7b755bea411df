import { requestText } from "../../placement/devices/DeviceRequest.ts"
import type { GuestTopology } from "../../placement/numa/GuestTopology.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Instance } from "../../instance/Instance.ts"
import { isoOf } from "../../shared/time.ts"
import type { Proof, ProofRequest } from "./Proof.ts"

const count = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? "" : "s"}`

const numaText = ({ cells, pageSize }: GuestTopology, pinned: number): string => [
  count(cells.length, "NUMA node"),
  ...pinned === 0 ? [] : [count(pinned, "pinned CPU")],
  ...pageSize === null ? [] : [typeof pageSize === "number" ? `pages of ${pageSize} KiB` : `${pageSize} pages`]
].join(", ")

export const proofRequestOf = (spec: RequestSpec, requestId: string, attempt: number): ProofRequest => ({
  requestId, attempt,
  vcpus: spec.vcpus, ramMb: spec.ramMb, diskGb: spec.diskGb,
  zone: spec.availabilityZone, host: spec.host, isForced: spec.isForced, groupPolicy: spec.groupPolicy,
  numa: spec.numa === null ? null : numaText(spec.numa, spec.pinnedCpus),
  ...(spec.devices.length === 0 ? {} : { devices: spec.devices.map((one) => `${requestText(one)}: ${one.count}`).join(", ") }),
  excludedHosts: spec.excludedHosts
})

/** When, and what was asked, in front of what came of it. */
export const proofOf = ({ work }: Instance, spec: RequestSpec, outcome: Proof["outcome"], nowMillis: number): Proof => ({
  at: isoOf(nowMillis), request: proofRequestOf(spec, work?.requestId ?? "", work?.attempt ?? 1), outcome
})
