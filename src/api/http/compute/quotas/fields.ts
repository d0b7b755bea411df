import type { QuotaLimits, QuotaName } from "../../../../actors/project/quota.ts"
import type { QuotaUse } from "../../../../actors/project/quotaChange.ts"
import { field, type Field, renderer } from "../Fields.ts"
import type { Window } from "../../Window.ts"

/** The limits a set shows, each in its window. Those of the network's things are its service's business: always -1 here. */
const names: ReadonlyArray<Window & { readonly name: QuotaName }> = [
  { name: "cores" },
  { name: "injected_file_content_bytes", until: 56 },
  { name: "injected_file_path_bytes", until: 56 },
  { name: "injected_files", until: 56 },
  { name: "instances" },
  { name: "key_pairs" },
  { name: "metadata_items" },
  { name: "ram" }
]
const groupNames: ReadonlyArray<QuotaName> = ["server_group_members", "server_groups"]
export const networkNames = ["fixed_ips", "floating_ips", "security_group_rules", "security_groups"]

export interface ShownQuota {
  readonly id: string | null
  readonly limits: QuotaLimits
  readonly used: QuotaUse | null
}

const value = (name: QuotaName) => ({ limits, used }: ShownQuota) =>
  used === null ? limits[name] : { limit: limits[name], in_use: used[name], reserved: 0 }
const network = ({ used }: ShownQuota) => used === null ? -1 : { limit: -1, in_use: 0, reserved: 0 }

const rows = (groups: Window, networks: Window): ReadonlyArray<Field<ShownQuota>> => [
  field<ShownQuota>("id", ({ id }) => id ?? undefined),
  ...names.map(({ name, ...window }) => field(name, value(name), window)),
  ...networkNames.map((name) => field(name, network, networks)),
  ...groupNames.map((name) => field(name, value(name), groups))
]

export const setFields = rows({}, { until: 35 })
export const classFields = rows({ since: 50 }, { until: 49 })
export const renderSet = renderer(setFields)
export const renderClass = renderer(classFields)
