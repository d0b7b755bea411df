import type { NetworkRequest } from "../../../../actors/network/Nic.ts"
import type { CreateServer } from "../../../../actors/instance/ServersProtocol.ts"
import type { Json } from "../../../../actors/shared/json.ts"
import { Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { Limits } from "../../../../runtime/Limits.ts"

/** A create request of any microversion, after its schema accepted it. */
export interface CreateBody {
  readonly server: {
    readonly name: string
    readonly flavorRef: string | number
    readonly imageRef?: string
    readonly adminPass?: string
    readonly metadata?: { readonly [key: string]: string }
    readonly networks?: ReadonlyArray<NetworkEntry> | "auto" | "none"
    readonly "OS-DCF:diskConfig"?: "AUTO" | "MANUAL"
    readonly accessIPv4?: string
    readonly accessIPv6?: string
    readonly personality?: ReadonlyArray<{ readonly path?: string; readonly contents?: string }>
    readonly availability_zone?: string
    readonly block_device_mapping?: ReadonlyArray<unknown>
    readonly block_device_mapping_v2?: ReadonlyArray<BlockDevice>
    readonly config_drive?: boolean | string
    readonly key_name?: string
    readonly min_count?: number | string
    readonly max_count?: number | string
    readonly return_reservation_id?: boolean | string
    readonly security_groups?: ReadonlyArray<{ readonly name?: string }>
    readonly user_data?: string
    readonly description?: string | null
    readonly tags?: ReadonlyArray<string>
    readonly trusted_image_certificates?: ReadonlyArray<string> | null
    readonly host?: string
    readonly hypervisor_hostname?: string
    readonly hostname?: string
  }
  readonly "os:scheduler_hints"?: { readonly [hint: string]: Json }
  readonly "OS-SCH-HNT:scheduler_hints"?: { readonly [hint: string]: Json }
}
interface NetworkEntry {
  readonly uuid?: string
  readonly port?: string | null
  readonly fixed_ip?: string
  readonly tag?: string
}
interface BlockDevice {
  readonly source_type?: string
  readonly destination_type?: string
  readonly uuid?: string
  readonly image_id?: string
  readonly boot_index?: number | string | null
}

/** What a create request asks for, and which policies it needs beside the plain one. */
export interface Creation {
  readonly request: CreateServer
  readonly adminPass: string | null
  readonly wantsReservationId: boolean
  /** `zone:host:node`: an administrator names the host himself. */
  readonly isForced: boolean
  /** `host` or `hypervisor_hostname`: the scheduler must agree. */
  readonly isDestined: boolean
}

const bad = (message: string) => refuse("badRequest", message)
const falsehoods = new Set(["false", "off", "no", "0"])
const truth = (value: boolean | string | undefined): boolean =>
  typeof value === "string" ? !falsehoods.has(value.toLowerCase()) : value === true

/** Reads a create request. `defaultsDescription`: old callers' servers are described by their name. */
export const readCreation = (body: CreateBody, defaultsDescription: boolean): Creation | Refusal => {
  try {
    return creationOf(body, defaultsDescription)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const creationOf = (body: CreateBody, defaultsDescription: boolean): Creation => {
  const { server } = body
  const counts = countsOf(server)
  const zone = zoneOf(server.availability_zone)
  const isDestined = server.host !== undefined || server.hypervisor_hostname !== undefined
  const isForced = zone.host !== null
  if (isDestined && isForced) {
    throw bad(
      "One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive."
    )
  }
  const imageId = imageOf(server)
  refuseUnsupported(server)
  const networks = networksOf(server.networks)
  if (counts.maxCount > 1) refuseUnsharable(networks, server.hostname)
  const name = server.name.trim()
  return {
    adminPass: server.adminPass ?? null,
    wantsReservationId: truth(server.return_reservation_id),
    isForced,
    isDestined,
    request: {
      name,
      flavorId: lastSegment(String(server.flavorRef)),
      imageId,
      networks,
      securityGroups: [...new Set((server.security_groups ?? []).flatMap((group) => group.name ?? []))],
      ...counts,
      description: defaultsDescription ? name : server.description ?? null,
      hostname: server.hostname ?? null,
      keyName: server.key_name ?? null,
      metadata: server.metadata ?? {},
      tags: [...new Set(server.tags ?? [])],
      userData: server.user_data ?? null,
      configDrive: truth(server.config_drive),
      diskConfig: server["OS-DCF:diskConfig"] ?? null,
      trustedCertificates: server.trusted_image_certificates ?? null,
      accessIpV4: server.accessIPv4 ?? null,
      accessIpV6: server.accessIPv6 ?? null,
      availabilityZone: zone.zone,
      host: zone.host ?? server.host ?? server.hypervisor_hostname ?? null,
      isForced,
      hints: hintsOf(body)
    }
  }
}

/** A server is in one group, even where the hint is a list. */
const hintsOf = (body: CreateBody): CreateServer["hints"] => {
  const { group, ...hints } = body["os:scheduler_hints"] ?? body["OS-SCH-HNT:scheduler_hints"] ?? {}
  const first = Array.isArray(group) ? group[0] : group
  return first === undefined ? hints : { ...hints, group: first }
}

/** Clients may write a reference as a URL. */
const lastSegment = (reference: string): string => reference.split(/[?#]/)[0]!.split("/").at(-1)!

const countsOf = (server: CreateBody["server"]) => {
  const minCount = Number(server.min_count ?? 1)
  const maxCount = Number(server.max_count ?? minCount)
  if (minCount > maxCount) throw bad("min_count must be <= max_count")
  if (minCount > Limits.serversPerRequestMax) {
    throw refuse("forbidden", `min_count: one request can create ${Limits.serversPerRequestMax} servers at most.`)
  }
  return { minCount, maxCount: Math.min(maxCount, Limits.serversPerRequestMax) }
}

/** `zone`, `zone:host`, `zone:host:node` or `zone::node`; a host has one node, of its own name. */
const zoneOf = (text: string | undefined): { readonly zone: string | null; readonly host: string | null } => {
  const parts = (text ?? "").split(":")
  if (parts.length > 3) throw bad("Invalid input received: Unable to parse availability_zone")
  const [zone, host, node] = parts
  return { zone: zone || null, host: host || node || null }
}

/** One image on a local disk is all that a mapping can mean here: volumes need a volume service. */
const imageOf = (server: CreateBody["server"]): string => {
  const devices = server.block_device_mapping_v2 ?? []
  const legacy = server.block_device_mapping ?? []
  if (devices.length > 0 && legacy.length > 0) {
    throw bad("Using different block_device_mapping syntaxes is not allowed in the same request.")
  }
  if (legacy.length > 0) throw bad("block_device_mapping: volumes are not supported; boot from imageRef.")
  const mapped = devices.map(imageOfDevice)
  const image = server.imageRef || mapped[0]
  if (image === undefined) throw bad("Missing imageRef attribute")
  if (mapped.length > 1 || (mapped.length === 1 && mapped[0] !== image)) {
    throw bad(
      "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid."
    )
  }
  return lastSegment(image)
}

const imageOfDevice = (device: BlockDevice): string => {
  const { boot_index: bootIndex, destination_type: destination, source_type: source } = device
  const image = device.uuid ?? device.image_id
  if (source !== "image" || destination !== "local" || Number(bootIndex ?? -1) !== 0) {
    throw bad(
      `block_device_mapping_v2: a mapping of ${source ?? "nothing"} to ${destination ?? "nothing"} is not supported; ` +
        "only an image on a local disk with boot_index 0 is."
    )
  }
  if (image === undefined) throw bad("Block Device Mapping is Invalid: Missing device UUID.")
  return image
}

/** Nova too delivers files by a config drive alone (its default); without one it drops them in silence. */
const refuseUnsupported = (server: CreateBody["server"]): void => {
  const files = server.personality ?? []
  if (files.length > 0 && truth(server.config_drive)) {
    throw bad("personality: files cannot be injected; use user_data instead.")
  }
  if (files.length > Limits.injectedFilesMax) throw refuse("forbidden", "Personality file limit exceeded")
  if (files.some((file) => file.path === undefined || file.contents === undefined)) {
    throw bad("personality: each file needs path and contents.")
  }
}

const networksOf = (networks: CreateBody["server"]["networks"]): CreateServer["networks"] => {
  if (networks === undefined || networks.length === 0) return "auto"
  if (typeof networks === "string") return networks
  const requests = networks.map(networkOf)
  const ports = requests.flatMap((request) => request.portId ?? [])
  const repeated = ports.find((port, at) => ports.indexOf(port) !== at)
  if (repeated !== undefined) {
    throw bad(`Port ID '${repeated}' was specified twice: you cannot attach a port multiple times.`)
  }
  return requests
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

const networkOf = (entry: NetworkEntry): NetworkRequest => {
  const fixedIp = entry.fixed_ip ?? null
  const tag = entry.tag ?? null
  if (entry.port) {
    if (fixedIp !== null) {
      throw bad(
        `Specified Fixed IP '${fixedIp}' cannot be used with port '${entry.port}': the two cannot be specified together.`
      )
    }
    return { networkId: null, portId: entry.port, fixedIp, tag }
  }
  if (entry.uuid === undefined) throw bad("Bad network format: missing 'uuid'")
  if (!uuid.test(entry.uuid)) throw bad(`Bad networks format: network uuid is not in proper format (${entry.uuid})`)
  return { networkId: entry.uuid, portId: null, fixedIp, tag }
}

/** What only one server can have. */
const refuseUnsharable = (networks: CreateServer["networks"], hostname: string | undefined): void => {
  if (hostname !== undefined) throw bad("Unable to allocate a single hostname to multiple instances")
  if (typeof networks === "string") return
  if (networks.some((network) => network.fixedIp !== null)) {
    throw bad("Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.")
  }
  if (networks.some((network) => network.portId !== null)) {
    throw bad(
      "Failed to launch instances: Unable to launch multiple instances with a single configured port ID. " +
        "Please launch your instance one by one with different ports."
    )
  }
}
