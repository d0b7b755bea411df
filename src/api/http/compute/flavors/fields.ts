import type { Flavor } from "../../../../actors/catalog/Flavor.ts"
import { linksOf } from "../Call.ts"
import { field, renderer } from "../Fields.ts"

const whole = { views: ["detail"] }

export const fields = [
  field<Flavor>("id", (flavor) => flavor.id),
  field<Flavor>("name", (flavor) => flavor.name),
  field<Flavor>("links", (flavor, call) => linksOf(call, "flavors", flavor.id)),
  field<Flavor>("description", (flavor) => flavor.description, { since: 55 }),
  field<Flavor>("ram", (flavor) => flavor.ramMb, whole),
  field<Flavor>("disk", (flavor) => flavor.diskGb, whole),
  field<Flavor>("swap", (flavor) => flavor.swapMb === 0 ? "" : flavor.swapMb, { ...whole, until: 74 }),
  field<Flavor>("swap", (flavor) => flavor.swapMb, { ...whole, since: 75 }),
  field<Flavor>("OS-FLV-EXT-DATA:ephemeral", (flavor) => flavor.ephemeralGb, whole),
  field<Flavor>("OS-FLV-DISABLED:disabled", (flavor) => flavor.isDisabled, { ...whole, until: 101 }),
  field<Flavor>("vcpus", (flavor) => flavor.vcpus, whole),
  field<Flavor>("os-flavor-access:is_public", (flavor) => flavor.isPublic, whole),
  field<Flavor>("rxtx_factor", (flavor) => flavor.rxtxFactor, { ...whole, until: 101 }),
  field<Flavor>("extra_specs", (flavor) => flavor.extraSpecs, { ...whole, since: 61, policy: "os_compute_api:os-flavor-extra-specs:index" })
]
export const render = renderer(fields)

/** One project that sees a private flavor. */
export const accessRows = (flavor: Flavor) =>
  flavor.access.map((projectId) => ({ flavor_id: flavor.id, tenant_id: projectId }))
