import { createHash } from "node:crypto"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import { statusOf } from "../../../../actors/instance/states.ts"
import type { Json } from "../../../../actors/shared/json.ts"
import { isoSeconds } from "../../../../actors/shared/time.ts"
import { Limits } from "../../../../runtime/Limits.ts"
import type { Call } from "../Call.ts"

type Base = Pick<Call, "bookmark">
const bookmark = (base: Base, path: string): Json => [{ rel: "bookmark", href: `${base.bookmark}/${path}` }]

export const status = (server: Instance): string => statusOf(server.vmState, server.taskState)

/** Which of the project's servers share a host, without saying which host that is. */
export const hostIdOf = (projectId: string, host: string | null): string => {
  if (host === null) return ""
  const known = hostIds.get(projectId + host)
  if (known !== undefined) return known
  const made = createHash("sha224").update(projectId + host).digest("hex")
  if (hostIds.size >= Limits.hostIdsMax) hostIds.clear()
  hostIds.set(projectId + host, made)
  return made
}
const hostIds = new Map<string, string>()

/** By network name, in the order of plugging. A short address leaves out its type and the card's. */
export const addressesOf = (server: Instance, isShort: boolean): { readonly [label: string]: ReadonlyArray<Json> } => {
  // A network may have any name, even that of something every object has.
  const addresses: { [label: string]: Array<Json> } = Object.create(null)
  for (const nic of server.nics) {
    const own = (addresses[nic.label] ??= [])
    for (const ip of nic.fixedIps) {
      own.push({
        version: ip.version,
        addr: ip.address,
        ...(isShort ? {} : { "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": nic.macAddress })
      })
    }
  }
  return addresses
}

/** A server under construction shows no address, even when it has one. */
export const shownAddresses = (server: Instance, isShort: boolean): Json =>
  server.vmState === "building" ? {} : addressesOf(server, isShort)

export const flavorLink = ({ flavor }: Instance, base: Base): Json => ({
  id: flavor.id,
  links: bookmark(base, `flavors/${flavor.id}`)
})

export const flavorEmbedded = ({ flavor }: Instance, withExtraSpecs: boolean): Json => ({
  vcpus: flavor.vcpus,
  ram: flavor.ramMb,
  disk: flavor.diskGb,
  ephemeral: flavor.ephemeralGb,
  swap: flavor.swapMb,
  original_name: flavor.name,
  ...(withExtraSpecs ? { extra_specs: flavor.extraSpecs } : {})
})

export const imageLink = ({ imageId }: Instance, base: Base): { readonly [key: string]: Json } | "" =>
  imageId === null ? "" : { id: imageId, links: bookmark(base, `images/${imageId}`) }

export const imageWithProperties = (server: Instance, base: Base): Json => {
  const image = imageLink(server, base)
  if (image === "") return image
  const properties = Object.entries(server.imageProperties).filter(([name]) => imageProperties.has(name))
  return { ...image, properties: Object.fromEntries(properties) }
}

const faulty = new Set(["ERROR", "DELETED"])
/** Why the server is in ERROR. The details of an internal error are for administrators. */
export const faultOf = (server: Instance, isAdmin: boolean): Json | undefined => {
  const { fault } = server
  if (fault === null || !faulty.has(status(server))) return undefined
  const isDetailed = fault.details !== null && fault.details !== "" && (isAdmin || fault.code !== 500)
  return {
    code: fault.code,
    created: isoSeconds(fault.createdAt),
    message: fault.message,
    ...(isDetailed ? { details: fault.details } : {})
  }
}

const progressing = new Set(["ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"])
export const progressOf = (server: Instance): Json | undefined => progressing.has(status(server)) ? 0 : undefined

/** The groups of its ports: none until it has ports. */
export const securityGroupsOf = (server: Instance): Json | undefined => {
  if (server.nics.length === 0) return undefined
  const names = server.securityGroups.length === 0 ? ["default"] : server.securityGroups
  return names.map((name) => ({ name }))
}

/** The zone it is in; before it is anywhere, the zone it was asked to be in. */
export const zoneOf = (server: Instance): string =>
  server.availabilityZone ?? (server.host === null ? server.wish.availabilityZone : null) ?? ""

/** The image properties Nova knows; others stay with the image. */
const imageProperties = new Set([
  "architecture", "auto_disk_config", "bdm_v2", "block_device_mapping", "cache_in_nova", "hypervisor_type",
  "hypervisor_version_requires", "instance_type_rxtx_factor", "ipxe_boot", "mappings", "os_admin_user",
  "os_command_line", "os_distro", "os_require_quiesce", "os_secure_boot", "os_skip_agent_inject_files_at_boot",
  "os_skip_agent_inject_ssh", "os_type", "owner_id", "root_device_name", "traits_required", "vm_mode",
  ...[
    "architecture", "auto_disk_config", "boot_menu", "cdrom_bus", "cpu_cores", "cpu_max_cores", "cpu_max_sockets",
    "cpu_max_threads", "cpu_policy", "cpu_realtime_mask", "cpu_sockets", "cpu_thread_policy", "cpu_threads",
    "device_id", "disk_bus", "disk_type", "emulation_architecture", "ephemeral_encryption",
    "ephemeral_encryption_format", "ephemeral_encryption_secret_uuid", "firmware_stateless", "firmware_type",
    "floppy_bus", "input_bus", "ipxe_boot", "locked_memory", "machine_type", "maxphysaddr_bits", "maxphysaddr_mode",
    "mem_encryption", "mem_encryption_model", "mem_page_size", "numa_cpus", "numa_mem", "numa_nodes",
    "pci_numa_affinity_policy", "pmu", "pointer_model", "qemu_guest_agent", "redirected_usb_ports", "rescue_bus",
    "rescue_device", "rng_model", "scsi_model", "serial_port_count", "sound_model", "time_hpet", "tpm_model",
    "tpm_version", "usb_model", "vif_model", "vif_multiqueue_enabled", "video_model", "video_ram", "viommu_model",
    "virtio_packed_ring", "vm_mode", "watchdog_action"
  ].map((name) => `hw_${name}`),
  ...[
    "bdm_v2", "bittorrent", "block_device_mapping", "cache_in_nova", "compression_level", "config_drive",
    "hide_hypervisor_id", "hv_requested_version", "hv_type", "linked_clone", "mappings", "owner_id",
    "root_device_name", "signature", "signature_certificate_uuid", "signature_hash_method", "signature_key_type",
    "use_agent", "version"
  ].map((name) => `img_${name}`)
])
