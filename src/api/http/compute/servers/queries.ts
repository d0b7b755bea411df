import { byVersion, object, param, query } from "../Requests.ts"
import { anyText, limit, oneOfTexts } from "../types.ts"

const pattern = { type: "string", format: "regex" }
const time = { type: "string", format: "date-time" }

const sortKeys = [
  "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at",
  "display_description", "display_name", "host", "hostname", "image_ref", "instance_type_id", "kernel_id", "key_name",
  "launch_index", "launched_at", "locked_by", "node", "power_state", "progress", "project_id", "ramdisk_id",
  "root_device_name", "task_state", "terminated_at", "updated_at", "user_id", "uuid", "vm_state"
]
/** Columns Nova once sorted by and now ignores. */
export const ignoredSortKeys = [
  "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted", "deleted_at",
  "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on", "memory_mb", "os_type",
  "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus", "vm_mode"
]
const sortKey = byVersion(
  { until: 74, is: oneOfTexts(...sortKeys, ...ignoredSortKeys, "locked") },
  { is: oneOfTexts(...sortKeys, "locked") }
)

/** Columns of other tables: Nova names them and refuses them. */
export const joinedTables = [
  "block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices"
]
const exact = [
  "user_id", "project_id", "tenant_id", "launch_index", "image_ref", "image", "vm_state", "task_state", "host", "uuid",
  "sort_dir", "all_tenants", "soft_deleted", "deleted", "status", "marker", ...joinedTables
]
const searched = [
  "kernel_id", "ramdisk_id", "hostname", "key_name", "power_state", "node", "flavor", "reservation_id", "launched_at",
  "terminated_at", "availability_zone", "name", "display_name", "description", "display_description", "locked_by",
  "root_device_name", "config_drive", "access_ip_v4", "access_ip_v6", "auto_disk_config", "progress", "ip", "ip6",
  "created_at"
]
const tagFilters = ["tags", "tags-any", "not-tags", "not-tags-any"]

const rows = query([
  ...exact.map((key) => param(key, anyText)),
  ...searched.map((key) => param(key, pattern)),
  ...tagFilters.map((key) => param(key, pattern, { since: 26 })),
  param("sort_key", sortKey),
  param("changes-since", time),
  param("changes-before", time, { since: 66 }),
  param("locked", anyText, { since: 73 }),
  param("limit", limit)
], { strictSince: 75 })

/** Keys with a leading underscore pass the schema and are refused as filters. */
export const list = object(rows.params, {
  open: rows.open,
  keywords: { patternProperties: { "^_": { type: "array", items: anyText } } }
})

/** Reads that have no parameters; unknown ones are ignored until 2.102. */
export const none = query([], { strictSince: 102 })
/** The same, where unknown ones are ignored for ever. */
export const ignored = object([], { open: true })

export const instanceActions = byVersion(
  { until: 57, is: ignored },
  {
    is: query([
      param("limit", limit), param("marker", anyText), param("changes-since", time),
      param("changes-before", time, { since: 66 })
    ].map((row) => ({ ...row, once: true })), { strictSince: 58 })
  }
)

export const volumeAttachments = query([param("limit", limit), param("offset", limit)], { strictSince: 75 })
