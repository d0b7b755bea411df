/** What flavors may call devices: Nova's `[pci]alias`. Pure. */
import { Result } from "effect"
import { type PciNumaPolicy, pciNumaPolicies } from "../numa/HardwareWish.ts"
import type { DeviceMatch } from "./DeviceRequest.ts"
import { type DeviceType } from "./Device.ts"
import { jsonObjects, oneOf, pciId, resourceClassOf, type Rules, text, traitOf, wordsIn } from "./jsonObjects.ts"

export interface Alias {
  readonly policy: PciNumaPolicy
  /** Any of them will do. */
  readonly matches: ReadonlyArray<DeviceMatch>
}
export type Aliases = ReadonlyMap<string, Alias>

export const noAliases: Aliases = new Map()

const rules: Rules = {
  name: (value) => text(value) ?? (/[,:]/.test(String(value)) ? "must have neither a colon nor a comma" : null),
  capability_type: oneOf(["pci"]),
  vendor_id: pciId(false),
  product_id: pciId(false),
  // vDPA devices are for ports alone.
  device_type: oneOf(["type-PCI", "type-PF", "type-VF"]),
  numa_policy: oneOf(pciNumaPolicies),
  resource_class: text,
  traits: text
}

const lower = (value: unknown): string => String(value).trim().toLowerCase()

const matchOf = (given: { readonly [key: string]: unknown }): DeviceMatch => ({
  ...(given.vendor_id === undefined ? {} : { vendorId: lower(given.vendor_id) }),
  ...(given.product_id === undefined ? {} : { productId: lower(given.product_id) }),
  ...(given.device_type === undefined ? {} : { type: given.device_type as DeviceType }),
  ...(typeof given.resource_class === "string" ? { resourceClass: resourceClassOf(given.resource_class) } : {}),
  ...(given.traits === undefined ? {} : { traits: wordsIn(given.traits).map(traitOf) })
})

/** Aliases by name, or what rule is broken: "must …". Entries of one name are alternatives, of one type and one policy. */
export const parseAliases = (given: string): Result.Result<Aliases, string> =>
  Result.flatMap(jsonObjects(given, rules, ["name"]), (all) => {
    const aliases = new Map<string, Alias>()
    for (const entry of all) {
      const name = String(entry.name).trim()
      if ((entry.vendor_id === undefined || entry.product_id === undefined) && entry.resource_class === undefined) {
        return Result.fail(`must give alias ${name} vendor_id and product_id, or resource_class`)
      }
      const policy = (entry.numa_policy ?? "legacy") as PciNumaPolicy
      const match = matchOf(entry)
      const known = aliases.get(name)
      if (known !== undefined && known.policy !== policy) return Result.fail(`must give all entries of alias ${name} one numa_policy`)
      if (known !== undefined && known.matches[0]?.type !== match.type) return Result.fail(`must give all entries of alias ${name} one device_type`)
      aliases.set(name, { policy, matches: [...known?.matches ?? [], match] })
    }
    return Result.succeed(aliases)
  })
