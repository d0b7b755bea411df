import type { QuotaLimits } from "../../../../actors/project/quota.ts"
import type { QuotaUse } from "../../../../actors/project/quotaChange.ts"
import { field, renderer } from "../Fields.ts"

export interface ShownLimits {
  readonly limits: QuotaLimits
  readonly used: QuotaUse
}

const unlimited = () => -1
const none = () => 0
const network = { until: 35 }
const files = { until: 56 }

export const fields = [
  field<ShownLimits>("maxServerMeta", ({ limits }) => limits.metadata_items),
  field<ShownLimits>("maxImageMeta", ({ limits }) => limits.metadata_items, { until: 38 }),
  field<ShownLimits>("maxPersonality", ({ limits }) => limits.injected_files, files),
  field<ShownLimits>("maxPersonalitySize", ({ limits }) => limits.injected_file_content_bytes, files),
  field<ShownLimits>("maxTotalInstances", ({ limits }) => limits.instances),
  field<ShownLimits>("maxTotalCores", ({ limits }) => limits.cores),
  field<ShownLimits>("maxTotalRAMSize", ({ limits }) => limits.ram),
  field<ShownLimits>("maxTotalKeypairs", ({ limits }) => limits.key_pairs),
  field<ShownLimits>("maxTotalFloatingIps", unlimited, network),
  field<ShownLimits>("maxSecurityGroups", unlimited, network),
  field<ShownLimits>("maxSecurityGroupRules", unlimited, network),
  field<ShownLimits>("maxServerGroups", ({ limits }) => limits.server_groups),
  field<ShownLimits>("maxServerGroupMembers", ({ limits }) => limits.server_group_members),
  field<ShownLimits>("totalRAMUsed", ({ used }) => used.ram),
  field<ShownLimits>("totalCoresUsed", ({ used }) => used.cores),
  field<ShownLimits>("totalInstancesUsed", ({ used }) => used.instances),
  field<ShownLimits>("totalFloatingIpsUsed", none, network),
  field<ShownLimits>("totalSecurityGroupsUsed", none, network),
  field<ShownLimits>("totalServerGroupsUsed", ({ used }) => used.server_groups)
]
export const render = renderer(fields)
