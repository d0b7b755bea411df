import type { FlavorSnapshot } from "../instance/Instance.ts"
import { diskGbOf } from "../instance/Instance.ts"

/** What a flavor and its extra specs ask of hosts, read once. */
export interface FlavorWish {
  readonly vcpus: number
  readonly ramMb: number
  readonly diskGb: number
  /** Amounts of classes other than those three. */
  readonly resources: ReadonlyArray<readonly [name: string, amount: number]>
  readonly required: ReadonlyArray<string>
  readonly forbidden: ReadonlyArray<string>
  /** Extra specs of namespace `capabilities` and of none; and those of namespace `aggregate_instance_extra_specs` and of none. */
  readonly capabilities: ReadonlyArray<readonly [path: string, wanted: string]>
  readonly aggregateSpecs: ReadonlyArray<readonly [key: string, wanted: string]>
}

const aggregateScope = "aggregate_instance_extra_specs:"
const capabilityScope = "capabilities:"

const scoped = (extraSpecs: FlavorSnapshot["extraSpecs"], scope: string) =>
  Object.entries(extraSpecs).flatMap(([key, value]): ReadonlyArray<readonly [string, string]> =>
    key.startsWith(scope) ? [[key.slice(scope.length), value]] : key.includes(":") ? [] : [[key, value]]).toSorted()

const read = (flavor: FlavorSnapshot): FlavorWish => {
  const amounts = new Map<string, number>()
  const required: Array<string> = []
  const forbidden: Array<string> = []
  for (const [key, value] of Object.entries(flavor.extraSpecs)) {
    const resource = /^resources\w*:(\w+)$/.exec(key)?.[1]
    const trait = /^trait\w*:(\w+)$/.exec(key)?.[1]
    if (resource !== undefined && /^\d+$/.test(value)) amounts.set(resource, (amounts.get(resource) ?? 0) + Number(value))
    if (trait !== undefined && value === "required") required.push(trait)
    if (trait !== undefined && value === "forbidden") forbidden.push(trait)
  }
  // Dedicated CPUs are the business of the guest's NUMA topology.
  const own = new Set(["VCPU", "PCPU", "MEMORY_MB", "DISK_GB"])
  return {
    vcpus: amounts.get("VCPU") ?? flavor.vcpus,
    ramMb: amounts.get("MEMORY_MB") ?? flavor.ramMb,
    diskGb: amounts.get("DISK_GB") ?? diskGbOf(flavor),
    resources: [...amounts].filter(([name, amount]) => !own.has(name) && amount > 0).toSorted(),
    required: required.toSorted(),
    forbidden: forbidden.toSorted(),
    capabilities: scoped(flavor.extraSpecs, capabilityScope),
    aggregateSpecs: scoped(flavor.extraSpecs, aggregateScope)
  }
}

const wishes = new WeakMap<FlavorSnapshot, FlavorWish>()

/** One object for all servers of one flavor, as long as they share its snapshot. */
export const flavorWishOf = (flavor: FlavorSnapshot): FlavorWish => {
  const known = wishes.get(flavor)
  if (known !== undefined) return known
  const wish = read(flavor)
  wishes.set(flavor, wish)
  return wish
}
