import type { FlavorSnapshot } from "../instance/Instance.ts"
import { isAttribute } from "./attributes.ts"

/** What extra specs ask of filters, read once per flavor; what they ask of Placement is `Demand`. */
export interface FlavorWish {
  /** Extra specs of namespace `capabilities` and of none; and those of namespace `aggregate_instance_extra_specs` and of none. */
  readonly capabilities: ReadonlyArray<readonly [path: string, wanted: string]>
  readonly aggregateSpecs: ReadonlyArray<readonly [key: string, wanted: string]>
}

const aggregateScope = "aggregate_instance_extra_specs:"
const capabilityScope = "capabilities:"

/** `isMeant`: whether the filter takes a key of no namespace for its own. */
const scoped = (extraSpecs: FlavorSnapshot["extraSpecs"], scope: string, isMeant: (key: string) => boolean) =>
  Object.entries(extraSpecs).flatMap(([key, value]): ReadonlyArray<readonly [string, string]> =>
    key.startsWith(scope) ? [[key.slice(scope.length), value]] : key.includes(":") || !isMeant(key) ? [] : [[key, value]]).toSorted()

const read = ({ extraSpecs }: FlavorSnapshot): FlavorWish => ({
  capabilities: scoped(extraSpecs, capabilityScope, isAttribute),
  aggregateSpecs: scoped(extraSpecs, aggregateScope, (key) => key !== "group_policy")
})

const wishes = new WeakMap<FlavorSnapshot, FlavorWish>()

/** One object for all servers of one flavor, as long as they share its snapshot. */
export const flavorWishOf = (flavor: FlavorSnapshot): FlavorWish => {
  const known = wishes.get(flavor)
  if (known !== undefined) return known
  const wish = read(flavor)
  wishes.set(flavor, wish)
  return wish
}
