/** Which of a machine's devices its guests may have: Nova's `[pci]device_spec`. Pure. */
import { Result } from "effect"
import { addressPattern, type AddressPattern } from "./addresses.ts"
import type { FoundDevice, HostDevice } from "./Device.ts"
import { jsonObjects, pciId, resourceClassOf, type Rules, text, traitOf, truth, truthOf, wordsIn } from "./jsonObjects.ts"

/** One entry: what it asks of a device, and what it says of those it means. */
export interface DeviceSpec {
  readonly vendorId: string | null
  readonly productId: string | null
  readonly address: AddressPattern | null
  /** A network interface: its device, and that device's virtual functions. */
  readonly interface: string | null
  readonly said: Pick<HostDevice, "physicalNetwork" | "isTrusted" | "resourceClass" | "traits">
}

const rules: Rules = {
  vendor_id: pciId(true),
  product_id: pciId(true),
  address: (value) => Result.match(addressPattern(value), { onSuccess: () => null, onFailure: (problem) => problem }),
  devname: text,
  physical_network: (value) => value === null ? null : text(value),
  trusted: truth,
  resource_class: text,
  traits: text
}

const idOf = (value: unknown): string | null =>
  typeof value !== "string" || value.trim() === "*" ? null : value.trim().toLowerCase()

const specOf = (given: { readonly [key: string]: unknown }): DeviceSpec => ({
  vendorId: idOf(given.vendor_id),
  productId: idOf(given.product_id),
  address: given.address === undefined ? null : Result.getOrElse(addressPattern(given.address), () => null),
  interface: typeof given.devname === "string" ? given.devname : null,
  said: {
    ...(given.physical_network === undefined ? {} : { physicalNetwork: given.physical_network as string | null }),
    ...(given.trusted === undefined ? {} : { isTrusted: truthOf(given.trusted) === true }),
    ...(typeof given.resource_class === "string" ? { resourceClass: resourceClassOf(given.resource_class) } : {}),
    ...(given.traits === undefined ? {} : { traits: wordsIn(given.traits).map(traitOf) })
  }
})

/** The entries, or what rule is broken: "must …". */
export const parseDeviceSpecs = (given: string): Result.Result<ReadonlyArray<DeviceSpec>, string> =>
  Result.flatMap(jsonObjects(given, rules, []), (all) =>
    all.some(({ address, devname }) => address !== undefined && devname !== undefined)
      ? Result.fail("must keep the rules of its keys: devname and address must not both be there")
      : Result.succeed(all.map(specOf)))

const means = (spec: DeviceSpec, device: FoundDevice, parent: FoundDevice | undefined): boolean => {
  if (spec.vendorId !== null && spec.vendorId !== device.vendorId) return false
  if (spec.productId !== null && spec.productId !== device.productId) return false
  if (spec.interface !== null) return device.interface === spec.interface || (parent !== undefined && parent.interface === spec.interface)
  const { address } = spec
  return address === null || address.matches(device.address) ||
    (address.isSingle && device.parent !== undefined && address.matches(device.parent))
}

/** Those that guests may have, by the first entry that means them. */
export const assignable = (found: ReadonlyArray<FoundDevice>, specs: ReadonlyArray<DeviceSpec>): ReadonlyArray<HostDevice> => {
  const byAddress = new Map(found.map((device) => [device.address, device]))
  return found.flatMap((device) => {
    const spec = specs.find((one) => means(one, device, byAddress.get(device.parent ?? "")))
    return spec === undefined ? [] : [{ ...device, ...spec.said }]
  })
}
