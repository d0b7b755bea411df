/** What a provider will have, and whether it may: of a host, what its record measures stays as measured. */
import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { capacityOf, type Provider } from "../Provider.ts"
import type { HostRatio, Inventory, ProviderRecord } from "../records.ts"
import { bad, isHost } from "../refusals.ts"
import type { Checked } from "./Sight.ts"

/** As a request gives it: what is absent has its default, or, of what a host measures, stays. */
export type GivenInventory = Pick<Inventory, "total"> & Partial<Inventory>
export type GivenInventories = ReadonlyMap<string, GivenInventory>

/** Versions before this had it could not reserve everything. */
export interface InventoryRules {
  readonly mayReserveAll: boolean
  /** What is done, in the words of a refusal: `update` unless said. */
  readonly verb?: "create"
}

const intMax = 0x7fff_ffff
export const withDefaults = (given: GivenInventory): Inventory =>
  ({ reserved: 0, minUnit: 1, maxUnit: intMax, stepSize: 1, allocationRatio: 1, ...given })

/** What is to be: inventories of its own, and ratios of what the host measures. */
type Kept = Pick<ProviderRecord, "inventories" | "hostRatios">

const usual = new Set(["VCPU", "MEMORY_MB", "DISK_GB", "PCPU"])
/** Of a host, those too that every host measures and this one happens to have nothing of. */
export const isMeasured = ({ hostname, measured }: Provider, resource: string): boolean =>
  measured.has(resource) || (hostname !== null && usual.has(resource))

const measuredKeys = ["total", "minUnit", "maxUnit", "stepSize"] as const
const wireNames = { total: "total", minUnit: "min_unit", maxUnit: "max_unit", stepSize: "step_size" }

const ratioOf = (provider: Provider, resource: string, given: GivenInventory): Result.Result<HostRatio, Refusal> => {
  const has = provider.inventories.get(resource)
  if (has === undefined) return Result.fail(isHost(provider.name, `it measures no ${resource}, so nobody can say that it has some.`))
  const wrong = measuredKeys.find((key) => given[key] !== undefined && given[key] !== has[key])
  return wrong === undefined
    ? Result.succeed({ allocationRatio: given.allocationRatio ?? has.allocationRatio, reserved: given.reserved ?? has.reserved })
    : Result.fail(isHost(
      provider.name,
      `${wireNames[wrong]} of ${resource} is what it measures (${has[wrong]}), not ${given[wrong]}. ` +
        "Its allocation_ratio and its reserved can be set."
    ))
}

export const keptOf = (provider: Provider, given: GivenInventories): Result.Result<Kept, Refusal> =>
  Result.gen(function*() {
    const inventories: Record<string, Inventory> = {}
    const hostRatios: Record<string, HostRatio> = {}
    for (const [resource, each] of given) {
      if (isMeasured(provider, resource)) hostRatios[resource] = yield* ratioOf(provider, resource, each)
      else inventories[resource] = withDefaults(each)
    }
    return { inventories, hostRatios }
  })

export const checkCapacity = (uuid: string, resource: string, inventory: Inventory, { mayReserveAll, verb }: InventoryRules): Checked => {
  const capacity = capacityOf(inventory)
  if (capacity > 0 || (capacity === 0 && mayReserveAll)) return Result.void
  return Result.fail(bad(
    `Unable to ${verb ?? "update"} inventory for resource provider ${uuid}: Invalid inventory for '${resource}' on resource provider '${uuid}'. ` +
      `The reserved value is greater than ${mayReserveAll ? "" : "or equal to "}total. Or else allocation_ratio leaves nothing of it.`
  ))
}

/** As it will be seen: with what the host measures. */
export const seen = (provider: Provider, { hostRatios, inventories }: Kept): ReadonlyMap<string, Inventory> =>
  new Map([
    ...Object.entries(hostRatios).map(([resource, ratio]) => [resource, { ...provider.inventories.get(resource)!, ...ratio }] as const),
    ...Object.entries(inventories)
  ])

export const checkAll = (provider: Provider, kept: Kept, rules: InventoryRules): Checked => {
  for (const [resource, inventory] of seen(provider, kept)) {
    const checked = checkCapacity(provider.uuid, resource, inventory, rules)
    if (Result.isFailure(checked)) return checked
  }
  return Result.void
}

/** What a whole set leaves out must go: of a host, what it measures cannot. */
export const checkMeasuredStay = (provider: Provider, given: GivenInventories): Checked => {
  const missing = [...provider.measured].filter((resource) => !given.has(resource))
  const what = `it measures ${missing.join(", ")} itself, which cannot be taken away. Name it with its total, or disable the host.`
  return missing.length === 0 ? Result.void : Result.fail(isHost(provider.name, what))
}
