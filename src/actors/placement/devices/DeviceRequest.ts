import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import { type Refusal, refuse } from "../../shared/Refusal.ts"
import type { PciNumaPolicy } from "../numa/HardwareWish.ts"
import { type ImageProperties, imageWishOf } from "../numa/imageWish.ts"
import { pciPolicyOf } from "../numa/pciPolicy.ts"
import { type Aliases, noAliases } from "./aliases.ts"
import type { DeviceType, HostDevice } from "./Device.ts"
import { type DevicePort, portRequest } from "./portDevices.ts"

/** What a device must be. What is left out may be anything. */
export interface DeviceMatch {
  readonly vendorId?: string
  readonly productId?: string
  readonly type?: DeviceType
  /** `null`: of no physical network. */
  readonly physicalNetwork?: string | null
  readonly isTrusted?: boolean
  readonly resourceClass?: string
  readonly traits?: ReadonlyArray<string>
}

/** So many devices that a guest asks for, by an alias of its flavor or for a port. */
export interface DeviceRequest {
  /** For people: the alias, or the kind of port. */
  readonly name: string
  readonly count: number
  /** Any of them will do. None: nothing does, as nobody knows the alias. */
  readonly matches: ReadonlyArray<DeviceMatch>
  /** How near they must be to the guest's NUMA cells, if it has some. */
  readonly policy: PciNumaPolicy
  readonly portId?: string
}

const noRequests: ReadonlyArray<DeviceRequest> = []

const isOf = (device: HostDevice, match: DeviceMatch): boolean =>
  (match.vendorId === undefined || match.vendorId === device.vendorId) &&
  (match.productId === undefined || match.productId === device.productId) &&
  (match.type === undefined ? device.type !== "type-PF" && device.type !== "vdpa" : match.type === device.type) &&
  (match.physicalNetwork === undefined || match.physicalNetwork === device.physicalNetwork) &&
  (match.isTrusted === undefined || match.isTrusted === (device.isTrusted ?? false)) &&
  (match.resourceClass === undefined || match.resourceClass === (device.resourceClass ?? `CUSTOM_PCI_${device.vendorId}_${device.productId}`.toUpperCase())) &&
  (match.traits ?? []).every((trait) => device.traits?.includes(trait) === true)

/** For operators alone: tenants are not told of physical networks. */
export const requestText = ({ matches, name }: DeviceRequest): string => {
  const physical = matches[0]?.physicalNetwork
  return physical === undefined ? name : `${name} on ${physical ?? "no physical network"}`
}

/** Is it such a device? Physical functions and vDPA are given to those alone who ask for their type. */
export const isWanted = ({ matches }: DeviceRequest, device: HostDevice): boolean => matches.some((match) => isOf(device, match))

export const isOfPf = ({ matches }: DeviceRequest): boolean => matches.some(({ type }) => type === "type-PF")

const bad = (code: string, message: string): Result.Result<never, Refusal> => Result.fail(refuse("badRequest", message, code))

/** `gpu:2,nic:1` as counts by alias, in its order. */
const countsIn = (given: string): Result.Result<ReadonlyArray<readonly [alias: string, count: number]>, Refusal> => {
  const counts: Array<readonly [string, number]> = []
  for (const one of given.split(",")) {
    const [name = "", count = "", more] = one.split(":").map((part) => part.trim())
    if (name === "" || !/^\d+$/.test(count) || more !== undefined) {
      return bad("PciInvalidAlias", `Invalid PCI alias definition: pci_passthrough:alias has '${one.trim().slice(0, Limits.echoCharsMax)}', it must be ALIAS:COUNT.`)
    }
    counts.push([name, Number(count)])
  }
  const total = counts.reduce((sum, [, count]) => sum + count, 0)
  return total > Limits.devicesPerServerMax
    ? bad("PciInvalidAlias", `Invalid PCI alias definition: pci_passthrough:alias asks for ${total} devices, ${Limits.devicesPerServerMax} are the most.`)
    : Result.succeed(counts.filter(([, count]) => count > 0))
}

interface Flavor {
  readonly vcpus: number
  readonly ramMb: number
  readonly extraSpecs: { readonly [key: string]: string }
}

/** How near the devices of a flavor and an image must be; `null`: they do not say. */
const policyOf = (flavor: Flavor, image: ImageProperties): Result.Result<PciNumaPolicy | null, Refusal> =>
  Result.flatMap(imageWishOf(image), (wish) =>
    pciPolicyOf({ vcpus: flavor.vcpus, memoryMb: flavor.ramMb, extraSpecs: flavor.extraSpecs, image: wish }))

/** The devices that a flavor asks for, or why they cannot be. What flavor and image say of nearness overrules the alias. */
export const flavorDevices = (flavor: Flavor, image: ImageProperties, aliases: Aliases): Result.Result<ReadonlyArray<DeviceRequest>, Refusal> => {
  const given = flavor.extraSpecs["pci_passthrough:alias"]
  if (given === undefined || given.trim() === "") return Result.succeed(noRequests)
  return Result.gen(function*() {
    const counts = yield* countsIn(given)
    const stranger = counts.find(([name]) => !aliases.has(name))
    if (stranger !== undefined) return yield* bad("PciRequestAliasNotDefined", `PCI alias ${stranger[0]} is not defined`)
    const policy = yield* policyOf(flavor, image)
    return counts.map(([name, count]): DeviceRequest => {
      const alias = aliases.get(name)!
      return { name, count, matches: alias.matches, policy: policy ?? alias.policy }
    })
  })
}

/** The alias was taken away since the server was made: there is no such device. */
const unknown: ReadonlyArray<DeviceRequest> = [{ name: "of an alias that is not defined", count: 1, matches: [], policy: "legacy" }]

const known = new WeakMap<Flavor, { readonly key: string; readonly aliases: Aliases; readonly requests: ReadonlyArray<DeviceRequest> }>()

/** All that a server asks for, one list as long as its flavor is one object; its wishes were checked when it was made. */
export const deviceRequests = (
  flavor: Flavor, image: ImageProperties, ports: ReadonlyArray<DevicePort> | undefined, aliases: Aliases = noAliases
): ReadonlyArray<DeviceRequest> => {
  const ofFlavor = flavor.extraSpecs["pci_passthrough:alias"] === undefined ? noRequests : ofAliases(flavor, image, aliases)
  if (ports === undefined || ports.length === 0) return ofFlavor
  const policy = Result.getOrElse(policyOf(flavor, image), () => null)
  return [...ofFlavor, ...ports.map((port) => portRequest(port, policy))]
}

const ofAliases = (flavor: Flavor, image: ImageProperties, aliases: Aliases): ReadonlyArray<DeviceRequest> => {
  const key = String(image.hw_pci_numa_affinity_policy ?? "")
  const found = known.get(flavor)
  if (found?.key === key && found.aliases === aliases) return found.requests
  const requests = Result.getOrElse(flavorDevices(flavor, image, aliases), () => unknown)
  known.set(flavor, { key, aliases, requests })
  return requests
}

/** How many devices the flavor asks for, whatever they are. */
export const aliasCount = (extraSpecs: Flavor["extraSpecs"]): number => {
  const given = extraSpecs["pci_passthrough:alias"]
  return given === undefined || given.trim() === ""
    ? 0 : Result.match(countsIn(given), { onFailure: () => 0, onSuccess: (counts) => counts.reduce((sum, [, count]) => sum + count, 0) })
}
