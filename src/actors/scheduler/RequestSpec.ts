import type { Instance, Work } from "../instance/Instance.ts"
import { type Demand, demandOf } from "../placement/demand/Demand.ts"
import type { Aliases } from "../placement/devices/aliases.ts"
import { type DeviceRequest, deviceRequests } from "../placement/devices/DeviceRequest.ts"
import { type FlavorWish, flavorWishOf } from "./flavorWish.ts"
import { type Prefiltered, unfiltered } from "./prefilters.ts"

/** What a server asks of a host. Sizes as the names say. */
export interface RequestSpec extends Demand, FlavorWish {
  readonly instanceId: string
  readonly projectId: string
  readonly flavorName: string
  readonly imageId: string | null
  readonly imageProperties: { readonly [key: string]: string }
  /** PCI devices, of the flavor and for ports. */
  readonly devices: ReadonlyArray<DeviceRequest>
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
  /** UUIDs of the aggregates, one of which the host must be in; `null`: it may be anywhere. */
  readonly tenantAggregates: ReadonlyArray<string> | null
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
  /** What operators have every request ask; absent: nothing. */
  readonly prefilter?: (instance: Wanting) => Prefiltered
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

export const requestSpecOf = (instance: Wanting, { aliases, groupHosts, hostOf, prefilter }: Surroundings): RequestSpec => {
  const { flavor, imageProperties, wish, work } = instance
  const demand = demandOf(instance)
  const { required, tenantAggregates } = prefilter?.(instance) ?? unfiltered
  return {
    ...demand,
    ...flavorWishOf(flavor),
    required: required.length === 0 ? demand.required : [...new Set([...demand.required, ...required])].toSorted(),
    instanceId: instance.id,
    projectId: instance.projectId,
    flavorName: flavor.name,
    imageId: instance.imageId,
    imageProperties,
    devices: deviceRequests(flavor, imageProperties, instance.devicePorts, aliases),
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
    tenantAggregates,
    together: 1
  }
}
