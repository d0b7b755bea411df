import { Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { FlavorSnapshot, Instance, Work } from "../instance/Instance.ts"
import type { Aliases } from "../placement/devices/aliases.ts"
import { type DeviceRequest, deviceRequests } from "../placement/devices/DeviceRequest.ts"
import type { GuestTopology } from "../placement/numa/GuestTopology.ts"
import { numaOf } from "../placement/numa/Numa.ts"
import { type FlavorWish, flavorWishOf } from "./flavorWish.ts"

/** What a server asks of a host. Sizes as the names say. */
export interface RequestSpec extends FlavorWish {
  readonly instanceId: string
  readonly projectId: string
  readonly flavorName: string
  readonly imageId: string | null
  readonly imageProperties: { readonly [key: string]: string }
  /** The guest's own NUMA cells; `null`: it may lie anywhere. */
  readonly numa: GuestTopology | null
  /** PCI devices, of the flavor and for ports. */
  readonly devices: ReadonlyArray<DeviceRequest>
  /** Of the vCPUs: to be pinned. */
  readonly pinnedCpus: number
  readonly availabilityZone: string | null
  /** Only this host will do. */
  readonly host: string | null
  /** The filters are skipped; resources are not. */
  readonly isForced: boolean
  readonly excludedHosts: ReadonlyArray<string>
  readonly groupPolicy: string | null
  readonly maxServerPerHost: number
  /** Hosts of the group's members, with how many each has. */
  readonly groupHosts: ReadonlyMap<string, number>
  /** Hosts of the servers that hints name; `null`: no such hint. */
  readonly sameHosts: ReadonlyArray<string> | null
  readonly differentHosts: ReadonlyArray<string> | null
  /** `address/prefix` to be near to. */
  readonly near: string | null
  /** A JSON expression over the host's state, as a text. */
  readonly query: string | null
  /** How many servers like it must find room on the same host at once. */
  readonly together: number
}

/** Of a server, or of one that might be. */
export interface Wanting extends Pick<Instance, "id" | "projectId" | "flavor" | "imageId" | "imageProperties" | "wish" | "devicePorts"> {
  readonly work: Pick<Work, "excludedHosts"> | null
}

/** What the cloud knows besides the server itself. */
export interface Surroundings {
  readonly groupHosts: ReadonlyMap<string, number>
  readonly hostOf: (instanceId: string) => string | null
  /** What flavors may call PCI devices; absent: nothing. */
  readonly aliases?: Aliases
}

const texts = (hint: unknown): ReadonlyArray<string> | null => {
  const all = (Array.isArray(hint) ? hint : hint === undefined || hint === null ? [] : [hint]).filter((one) => typeof one === "string")
  return all.length === 0 ? null : all
}

const hostsIn = (hint: unknown, hostOf: Surroundings["hostOf"]): ReadonlyArray<string> | null =>
  texts(hint)?.flatMap((id) => hostOf(id) ?? []) ?? null

const nearIn = (hints: Instance["wish"]["hints"]): string | null => {
  const [address] = texts(hints.build_near_host_ip) ?? []
  const [cidr = "/24"] = texts(hints.cidr) ?? []
  return address === undefined ? null : `${address}${cidr.startsWith("/") ? cidr : `/${cidr}`}`
}

const queryIn = (hint: unknown): string | null =>
  hint === undefined || hint === null || hint === "" ? null : typeof hint === "string" ? hint : JSON.stringify(hint)

const guests = new WeakMap<FlavorSnapshot, Map<string, GuestTopology | null>>()

/** A flavor and an image that contradict each other were refused when the server was made. */
const guestOf = (flavor: FlavorSnapshot, image: Instance["imageProperties"]): GuestTopology | null => {
  const bearing = Object.entries(image).filter(([name]) => name.startsWith("hw_") || name.startsWith("trait:"))
  const key = bearing.length === 0 ? "" : JSON.stringify(bearing)
  let known = guests.get(flavor)
  if (known === undefined || known.size >= Limits.requestClassesMax) guests.set(flavor, known = new Map())
  let guest = known.get(key)
  if (guest === undefined) known.set(key, guest = Result.getOrElse(numaOf(flavor, image), () => null))
  return guest
}

const pinnedIn = (guest: GuestTopology | null): number => {
  let pinned = 0
  for (const { dedicatedCpus } of guest?.cells ?? []) pinned += dedicatedCpus.length
  return pinned
}

const imageTraits = (image: Instance["imageProperties"], wanted: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const name in image) if (name.startsWith("trait:") && image[name] === wanted) found.push(name.slice("trait:".length))
  return found
}

const joined = (own: ReadonlyArray<string>, more: ReadonlyArray<string>) => more.length === 0 ? own : [...new Set([...own, ...more])].toSorted()

export const requestSpecOf = (instance: Wanting, { aliases, groupHosts, hostOf }: Surroundings): RequestSpec => {
  const { flavor, imageProperties, wish, work } = instance
  const asked = flavorWishOf(flavor)
  const numa = guestOf(flavor, imageProperties)
  return {
    ...asked,
    required: joined(asked.required, imageTraits(imageProperties, "required")),
    forbidden: joined(asked.forbidden, imageTraits(imageProperties, "forbidden")),
    instanceId: instance.id,
    projectId: instance.projectId,
    flavorName: flavor.name,
    imageId: instance.imageId,
    imageProperties,
    numa,
    devices: deviceRequests(flavor, imageProperties, instance.devicePorts, aliases),
    pinnedCpus: pinnedIn(numa),
    availabilityZone: wish.availabilityZone,
    host: wish.host,
    isForced: wish.isForced,
    excludedHosts: work?.excludedHosts ?? [],
    groupPolicy: wish.groupPolicy,
    maxServerPerHost: wish.maxServerPerHost,
    groupHosts,
    sameHosts: hostsIn(wish.hints.same_host, hostOf),
    differentHosts: hostsIn(wish.hints.different_host, hostOf),
    near: nearIn(wish.hints),
    query: queryIn(wish.hints.query),
    together: 1
  }
}
