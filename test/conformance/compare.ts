/** How far an answer of ours is from the recorded one. */
import { isId, type Names } from "./names.ts"

/** Maps whose keys are data, and keys that depend on when a server is looked at. */
const dataMaps = new Set(["addresses", "metadata", "extra_specs", "properties", "scheduler_hints", "limits", "cpu_info"])
const passingKeys = new Set(["fault", "progress", "security_groups", "servers_links", "hypervisors_links", "message", "details"])

/**
 * Values that depend on the moment, on chance, or on what the recorded cloud was made of: only their kind is compared,
 * and where a server is under way they may be `null`.
 */
const volatile = new RegExp(`^(${[
  "created", "updated", "\\w+_at", "start_time", "finish_time", "started_at", "start", "stop", "hostId", "host_?id", "status", "state", "result",
  "adminPass", "fingerprint", "public_key", "private_key", "request_id", "traceback", "output", "href",
  "OS-EXT-STS:\\w+", "OS-SRV-USG:\\w+", "OS-EXT-SRV-ATTR:(host|hypervisor_hostname|instance_name|hostname|reservation_id|root_device_name|kernel_id|ramdisk_id|user_data)",
  "OS-EXT-AZ:availability_zone", "host_status", "config_drive", "pinned_availability_zone", "host", "hypervisor_\\w+", "hypervisor_hostname", "host_ip",
  "addr", "mac_addr", "OS-EXT-IPS-MAC:mac_addr", "ip_address", "version_?id", "id", "uuid", "user_id", "project_id", "tenant_id", "port_id", "net_id", "reservation_id",
  "cpu_info", "vcpus\\w*", "memory_mb\\w*", "local_gb\\w*", "free_\\w+", "disk_available_least", "running_vms", "current_workload", "count", "servers", "uptime",
  "total\\w+", "hours", "ended_at", "service_id", "zone", "zoneName", "in_use", "namespace", "instance_name", "url", "size", "OS-EXT-IMG-SIZE:size"
].join("|")})$`)

type Json = { readonly [key: string]: unknown }
const kindOf = (value: unknown) => value === null ? "null" : Array.isArray(value) ? "array" : typeof value
const isMap = (kind: string) => kind === "object"

const show = (value: unknown) => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

export const differences = (names: Names, theirs: unknown, ours: unknown, path = "body", key = ""): ReadonlyArray<string> => {
  const [wanted, found] = [kindOf(theirs), kindOf(ours)]
  if (wanted !== found) {
    const isExcused = volatile.test(key) && (wanted === "null" || found === "null")
    return isExcused ? [] : [`${path}: ${wanted} wanted, ${show(ours)} given`]
  }
  if (isMap(wanted)) return ofMaps(names, theirs as Json, ours as Json, path, key)
  if (wanted === "array") return ofLists(names, theirs as ReadonlyArray<unknown>, ours as ReadonlyArray<unknown>, path, key)
  if (theirs === ours || volatile.test(key) || isId(theirs)) return []
  return typeof theirs === "string" && names.translate(theirs) === ours ? [] : [`${path}: ${show(ours)}, not ${show(theirs)}`]
}

const ofMaps = (names: Names, theirs: Json, ours: Json, path: string, key: string): ReadonlyArray<string> => {
  if (dataMaps.has(key)) return []
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].filter((one) => !passingKeys.has(one))
  return keys.flatMap((one) =>
    !Object.hasOwn(ours, one)
      ? [`${path}.${one}: missing`]
      : !Object.hasOwn(theirs, one)
      ? [`${path}.${one}: too much`]
      : differences(names, theirs[one], ours[one], `${path}.${one}`, one)
  )
}

/** Lists agree where the things that both have agree: what else there is in the cloud is not the same. */
const ofLists = (names: Names, theirs: ReadonlyArray<unknown>, ours: ReadonlyArray<unknown>, path: string, key: string): ReadonlyArray<string> =>
  ours.length === 0 && typeof theirs[0] === "object" ? [`${path}: empty`] : [...new Set(names.pairs(theirs, ours).flatMap(([one, other]) => differences(names, one, other, `${path}[]`, key)))]
