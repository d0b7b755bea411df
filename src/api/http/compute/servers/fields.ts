import { domainName, type Instance } from "../../../../actors/instance/Instance.ts"
import { rootDeviceName } from "../../../../actors/instance/query.ts"
import { isoMicros, isoSeconds } from "../../../../actors/shared/time.ts"
import type { Call } from "../Call.ts"
import { linksOf } from "../Call.ts"
import { type Field, field } from "../Fields.ts"
import {
  faultOf, flavorEmbedded, flavorLink, hostIdOf, imageLink, imageWithProperties, progressOf, securityGroupsOf,
  shownAddresses, status, zoneOf
} from "./values.ts"

export type View = "index" | "detail" | "show" | "update"

type From = (server: Instance, call: Call) => unknown
type Row = Field<Instance>
type When = Pick<Row, "since" | "until" | "policy">

const inAll = (key: string, from: From) => field(key, from)
const inFull = (key: string, from: From, when: When = {}) => field(key, from, { ...when, views: ["detail", "show", "update"] })
/** Answers to PUT have these keys since 2.75. */
const inReads = (key: string, from: From, when: When = {}): ReadonlyArray<Row> => [
  field(key, from, { ...when, views: ["detail", "show"] }),
  field(key, from, { ...when, since: Math.max(75, when.since ?? 0), views: ["update"] })
]
const attributes = "os_compute_api:os-extended-server-attributes"
const attribute = (name: string, from: From, since?: number) =>
  inReads(`OS-EXT-SRV-ATTR:${name}`, from, { policy: attributes, ...(since === undefined ? {} : { since }) })
export const policies = {
  attributes,
  extraSpecs: "os_compute_api:servers:show:flavor-extra-specs",
  hostStatus: "os_compute_api:servers:show:host_status"
} as const

/** A server's answer, row by row. */
export const fields: ReadonlyArray<Row> = [
  inAll("id", (server) => server.id),
  inAll("name", (server) => server.name),
  inAll("links", (server, call) => linksOf(call, "servers", server.id)),
  inFull("status", status),
  inFull("tenant_id", (server) => server.projectId),
  inFull("user_id", (server) => server.userId),
  inFull("metadata", (server) => server.metadata),
  inFull("hostId", (server) => hostIdOf(server.projectId, server.host)),
  inFull("image", imageLink, { until: 97 }),
  inFull("image", imageWithProperties, { since: 98 }),
  inFull("flavor", flavorLink, { until: 46 }),
  inFull("flavor", (server, call) => flavorEmbedded(server, call.allows(policies.extraSpecs)), { since: 47 }),
  inFull("created", (server) => isoSeconds(server.createdAt)),
  inFull("updated", (server) => isoSeconds(server.updatedAt)),
  field("addresses", (server) => shownAddresses(server, true), { until: 74, views: ["update"] }),
  ...inReads("addresses", (server) => shownAddresses(server, false)),
  inFull("accessIPv4", (server) => server.accessIpV4 ?? ""),
  inFull("accessIPv6", (server) => server.accessIpV6 ?? ""),
  inFull("OS-DCF:diskConfig", (server) => server.diskConfig),
  inFull("progress", progressOf),
  inFull("fault", (server, call) => faultOf(server, call.caller.isAdmin)),
  ...inReads("OS-EXT-AZ:availability_zone", zoneOf),
  ...inReads("config_drive", (server) => server.configDrive ? "True" : ""),
  ...inReads("key_name", (server) => server.keyName),
  ...inReads("OS-SRV-USG:launched_at", (server) => server.launchedAt && isoMicros(server.launchedAt)),
  ...inReads("OS-SRV-USG:terminated_at", (server) => server.terminatedAt && isoMicros(server.terminatedAt)),
  ...inReads("security_groups", securityGroupsOf),
  ...attribute("host", (server) => server.host),
  ...attribute("instance_name", domainName),
  ...attribute("hypervisor_hostname", (server) => server.host),
  ...attribute("hostname", (server) => server.hostname, 3),
  ...attribute("kernel_id", (server) => server.imageProperties["kernel_id"] ?? "", 3),
  ...attribute("launch_index", (server) => server.launchIndex, 3),
  ...attribute("ramdisk_id", (server) => server.imageProperties["ramdisk_id"] ?? "", 3),
  ...attribute("reservation_id", (server) => server.reservationId, 3),
  ...attribute("root_device_name", rootDeviceName, 3),
  ...attribute("user_data", (server) => server.userData, 3),
  ...inReads("OS-EXT-STS:task_state", (server) => server.taskState),
  ...inReads("OS-EXT-STS:vm_state", (server) => server.vmState),
  ...inReads("OS-EXT-STS:power_state", (server) => server.powerState),
  ...inReads("os-extended-volumes:volumes_attached", () => []),
  inFull("locked", (server) => server.locked !== null, { since: 9 }),
  inFull("description", (server) => server.description, { since: 19 }),
  inFull("tags", (server) => server.tags, { since: 26 }),
  inFull("trusted_image_certificates", (server) => server.trustedCertificates ?? null, { since: 63 }),
  field("server_groups", (server) => server.wish.serverGroupId === null ? [] : [server.wish.serverGroupId], {
    since: 71, views: ["show", "update"]
  }),
  inFull("locked_reason", (server) => server.locked?.reason ?? null, { since: 73 }),
  inFull("OS-EXT-SRV-ATTR:hostname", (server) => server.hostname, { since: 90 }),
  inFull("pinned_availability_zone", (server) => server.wish.availabilityZone, { since: 96 }),
  inFull("scheduler_hints", ({ wish }) => hintsAsLists(wish.hints), { since: 100 })
]

/** What the state of the host adds; it changes without the server. */
export const hostFields: ReadonlyArray<Field<string>> = inReads("host_status", () => undefined, {
  since: 16, policy: policies.hostStatus
}).map((row) => ({ ...row, from: (hostStatus: string) => hostStatus }))

const hintsAsLists = (hints: Instance["wish"]["hints"]) =>
  Object.fromEntries(Object.entries(hints).map(([hint, value]) => [hint, Array.isArray(value) ? value : [value]]))
