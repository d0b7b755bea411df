import type { Wanting } from "../RequestSpec.ts"
import type { WhatIfQuestion } from "./WhatIf.ts"

/** A server that is not there, to ask for a place for. */
export const imagined = (
  { flavor, imageId, imageProperties, projectId, zone }: Extract<WhatIfQuestion, { readonly _tag: "Boot" | "BootSeveral" }>,
  groupPolicy: string | null = null
): Wanting => ({
  id: "", projectId, flavor, imageId, imageProperties, work: null,
  wish: { availabilityZone: zone, host: null, isForced: false, serverGroupId: null, groupPolicy, maxServerPerHost: 1, hints: {} }
})
