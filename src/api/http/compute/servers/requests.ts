import { body, byVersion, object, param } from "../Requests.ts"
import {
  anyText, anything, boolean, hostname, intMax, legacyName, metadata, name, nothing, nullable, oneOfTexts, pattern, text,
  uuid
} from "../types.ts"

/** Names: legacy v2 cuts white space off their ends, the versions refuse it. */
const anyName = byVersion({ until: 0, is: legacyName }, { is: name })
const tag = text({ min: 1, max: 60, pattern: "^[^,/]*$" })
const tags = { type: "array", items: tag, maxItems: 50 }
const address = { type: "string", oneOf: [{ format: "ipv4" }, { format: "ipv6" }] }
const ipv4 = { type: "string", format: "ipv4" }
const ipv6 = { type: "string", format: "ipv6" }
const positive = { type: ["integer", "string"], pattern: pattern("^[0-9]*$"), minLength: 1, bounds: { min: 1 }, to: "number" }
const diskConfig = oneOfTexts("AUTO", "MANUAL")
const listOf = (items: unknown) => ({ type: "array", items })

/** Only printable characters and plain spaces. */
const description = {
  ...nullable(text({ min: 0, max: 255 })),
  pattern: pattern("^(?:[ ]|[^\\p{C}\\p{Zl}\\p{Zp}\\u{10000}-\\u{10FFFF}])*$")
}
const hostnames = byVersion(
  { until: 93, is: text({ min: 2, max: 63, pattern: "^[a-zA-Z0-9]+[a-zA-Z0-9\\-]*[a-zA-Z0-9]+$" }) },
  { is: hostname }
)

const network = (networkId: unknown) =>
  object([
    param("uuid", networkId as typeof uuid),
    param("port", { type: ["string", "null"], format: "uuid" }),
    param("fixed_ip", address),
    param("tag", tag, { since: 32, until: 36 }),
    param("tag", tag, { since: 42 })
  ])
const networks = byVersion(
  { until: 36, is: listOf(network(anyText)) },
  { is: { oneOf: [listOf(network(uuid)), oneOfTexts("none", "auto")] } }
)

const legacyBlockDevice = [
  param("virtual_name", text({ max: 255 })),
  param("volume_id", uuid),
  param("snapshot_id", uuid),
  param("volume_size", { type: ["integer", "string"], pattern: pattern("^[0-9]+$"), bounds: { min: 1, max: intMax }, to: "number" }),
  param("device_name", text({ min: 1, max: 255, pattern: "^[a-zA-Z0-9._/\\-]*$" })),
  param("delete_on_termination", boolean),
  param("no_device", anything),
  param("connection_info", text({ max: 16_777_215 }))
]
const blockDevice = [
  ...legacyBlockDevice,
  param("source_type", oneOfTexts("volume", "image", "snapshot", "blank")),
  param("uuid", text({ min: 1, max: 255, pattern: "^[a-zA-Z0-9._\\-]*$" })),
  param("image_id", uuid),
  param("destination_type", oneOfTexts("local", "volume")),
  param("guest_format", text({ max: 255 })),
  param("device_type", text({ max: 255 })),
  param("disk_bus", text({ max: 255 })),
  param("boot_index", { type: ["integer", "string", "null"], pattern: pattern("^-?[0-9]+$") }),
  param("tag", tag, { since: 32, until: 32 }),
  param("tag", tag, { since: 42 }),
  param("volume_type", nullable(text({ min: 0, max: 255 })), { since: 67 })
]

const personality = object([param("path", anyText), param("contents", { type: "string", format: "base64" })])

const uuidOrUuids = { oneOf: [uuid, listOf(uuid)] }
/** The hints Nova knows are checked; a scheduler filter may know others. */
const hints = object([
  param("group", uuidOrUuids),
  param("different_host", uuidOrUuids),
  param("same_host", { type: ["string", "array"], items: uuid }),
  param("query", { type: ["string", "object"] }),
  param("target_cell", name),
  param("different_cell", { type: ["string", "array"], items: anyText }),
  param("build_near_host_ip", address),
  param("cidr", text({ pattern: "^/[0-9a-f.:]+$" }))
], { open: true })

const server = object([
  param("name", anyName, { required: true }),
  param("imageRef", { oneOf: [uuid, text({ max: 0 })] }),
  param("flavorRef", { type: ["string", "integer"], minLength: 1 }, { required: true }),
  param("adminPass", anyText),
  param("metadata", metadata),
  param("networks", networks, { until: 36 }),
  param("networks", networks, { since: 37, required: true }),
  param("OS-DCF:diskConfig", diskConfig),
  param("accessIPv4", ipv4),
  param("accessIPv6", ipv6),
  param("personality", listOf(personality), { until: 56 }),
  param("availability_zone", anyName),
  param("block_device_mapping", listOf(object(legacyBlockDevice))),
  param("block_device_mapping_v2", listOf(object(blockDevice))),
  param("config_drive", boolean),
  param("key_name", anyName),
  param("min_count", positive),
  param("max_count", positive),
  param("return_reservation_id", boolean),
  param("security_groups", listOf(object([param("name", anyName)]))),
  param("user_data", { type: ["string", "null"], format: "base64", maxLength: 65_535 }, { until: 0 }),
  param("user_data", { type: "string", format: "base64", maxLength: 65_535 }, { since: 1 }),
  param("description", description, { since: 19 }),
  param("tags", tags, { since: 52 }),
  param("trusted_image_certificates", {
    type: ["array", "null"], minItems: 1, maxItems: 50, uniqueItems: true, items: text({ min: 1 })
  }, { since: 63 }),
  param("host", hostname, { since: 74 }),
  param("hypervisor_hostname", hostname, { since: 74 }),
  param("hostname", hostnames, { since: 90 })
])

export const create = object([
  param("server", server, { required: true }),
  param("os:scheduler_hints", hints),
  param("OS-SCH-HNT:scheduler_hints", hints)
])

export const update = body("server", object([
  param("name", anyName),
  param("OS-DCF:diskConfig", diskConfig),
  param("accessIPv4", ipv4),
  param("accessIPv6", ipv6),
  param("description", description, { since: 19 }),
  param("hostname", hostnames, { since: 90 }),
  param("pinned_availability_zone", { oneOf: [text({ min: 1, max: 255 }), nothing] }, { since: 104 })
]))

export const metadataOf = body("metadata", metadata)
export const metadataItem = body("meta", { ...metadata, minProperties: 1, maxProperties: 1 })
export const tagList = body("tags", tags)
/** The tag is in the path; a body would say something else. */
export const noBody = nothing
