/** What a server asks of Placement, and so what it takes of its host: Nova's rules on flavors, extra specs and images. */
import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import { diskGbOf, type FlavorSnapshot } from "../../instance/Instance.ts"
import { emulatorCpus } from "../numa/cellRules.ts"
import type { GuestTopology } from "../numa/GuestTopology.ts"
import type { ImageProperties } from "../numa/imageWish.ts"
import { numaOf } from "../numa/Numa.ts"
import { type AskedGroup, groupsOf, type Others } from "./groups.ts"
import { impliedBy } from "./implied.ts"

/** Sizes as the names say. */
export interface Demand {
  /** The guest's own NUMA cells; `null`: it may lie anywhere. */
  readonly numa: GuestTopology | null
  /** Pinned ones among them. */
  readonly vcpus: number
  readonly pinnedCpus: number
  /** CPUs of the host's beside those, for the emulator's threads alone. */
  readonly emulatorCpus: number
  /** It says `resources:PCPU` itself: hosts that set no CPUs apart will not do. */
  readonly isForPcpus: boolean
  readonly ramMb: number
  readonly diskGb: number
  /** Of all groups together. */
  readonly resources: Others
  /** Traits of the group without suffix. */
  readonly required: ReadonlyArray<string>
  readonly forbidden: ReadonlyArray<string>
  /** Those with a suffix: each is one provider's business. */
  readonly groups: ReadonlyArray<AskedGroup>
  readonly resourceGroupPolicy: "none" | "isolate" | null
}

const own: ReadonlySet<string> = new Set(["VCPU", "PCPU", "MEMORY_MB", "DISK_GB"])

const pinnedIn = (guest: GuestTopology | null): number => {
  let pinned = 0
  for (const { dedicatedCpus } of guest?.cells ?? []) pinned += dedicatedCpus.length
  return pinned
}

const forbiddenBy = (image: ImageProperties): ReadonlyArray<string> =>
  Object.keys(image).filter((name) => name.startsWith("trait:") && image[name] === "forbidden").map((name) => name.slice("trait:".length))

const policyOf = (word: string | undefined): Demand["resourceGroupPolicy"] => word === "none" || word === "isolate" ? word : null

const read = (flavor: FlavorSnapshot, image: ImageProperties): Demand => {
  // A flavor and an image that contradict each other were refused when the server was made.
  const numa = Result.getOrElse(numaOf(flavor, image), () => null)
  const implied = impliedBy(flavor, image)
  const { groups, unnamed } = groupsOf(flavor.extraSpecs)
  const amounts = new Map(implied.resources)
  for (const { resources } of [unnamed, ...groups]) {
    for (const [name, amount] of resources) amounts.set(name, (amounts.get(name) ?? 0) + amount)
  }
  return {
    numa,
    vcpus: amounts.get("VCPU") ?? flavor.vcpus,
    pinnedCpus: pinnedIn(numa),
    emulatorCpus: numa === null ? 0 : emulatorCpus(numa, 0),
    isForPcpus: (amounts.get("PCPU") ?? 0) > 0,
    ramMb: amounts.get("MEMORY_MB") ?? flavor.ramMb,
    diskGb: amounts.get("DISK_GB") ?? diskGbOf(flavor),
    resources: [...amounts].filter(([name, amount]) => !own.has(name) && amount > 0).toSorted(),
    required: [...new Set([...unnamed.required, ...implied.required])].toSorted(),
    forbidden: [...new Set([...unnamed.forbidden, ...forbiddenBy(image)])].toSorted(),
    groups,
    resourceGroupPolicy: policyOf(flavor.extraSpecs["group_policy"])
  }
}

const bearing = (image: ImageProperties): string => {
  const said: Array<string> = []
  for (const name in image) if (/^(hw_|os_|trait:)/.test(name)) said.push(`${name}=${image[name]}`)
  return said.join("\n")
}

const demands = new WeakMap<FlavorSnapshot, Map<string, Demand>>()

/** One object for all servers of one flavor and like images, as long as they share the flavor's snapshot. */
export const demandOf = ({ flavor, imageProperties }: { readonly flavor: FlavorSnapshot; readonly imageProperties: ImageProperties }): Demand => {
  const key = bearing(imageProperties)
  let known = demands.get(flavor)
  if (known === undefined || known.size >= Limits.requestClassesMax) demands.set(flavor, known = new Map())
  let demand = known.get(key)
  if (demand === undefined) known.set(key, demand = read(flavor, imageProperties))
  return demand
}
