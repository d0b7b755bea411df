import { Result } from "effect"
import type { Caller } from "../shared/Caller.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { type Flavor, maySee } from "./Flavor.ts"

/** What a new flavor is asked to be; without an id it gets a UUID. */
export type FlavorDraft = Omit<Flavor, "id" | "access" | "createdAt" | "extraSpecs" | "isDisabled"> & {
  readonly id: string | null
}

const flavorNotFound = (id: string): Refusal => refuse("notFound", `Flavor ${id} could not be found.`, "FlavorNotFound")

export const found = (flavor: Flavor | undefined, id: string, caller: Caller): Result.Result<Flavor, Refusal> =>
  flavor === undefined || !maySee(flavor, caller.projectId, caller.isAdmin)
    ? Result.fail(flavorNotFound(id))
    : Result.succeed(flavor)

export const create = (
  draft: FlavorDraft, id: string, at: string, taken: { readonly id: boolean; readonly name: boolean }
): Result.Result<Flavor, Refusal> => {
  if (taken.id) return Result.fail(refuse("conflict", `Flavor with ID ${id} already exists.`, "FlavorIdExists"))
  if (taken.name) return Result.fail(refuse("conflict", `Flavor with name ${draft.name} already exists.`, "FlavorExists"))
  return Result.succeed({ ...draft, id, isDisabled: false, extraSpecs: {}, access: [], createdAt: at })
}

export const withoutExtraSpec = (flavor: Flavor, key: string): Result.Result<Flavor, Refusal> => {
  if (!Object.hasOwn(flavor.extraSpecs, key)) return Result.fail(extraSpecNotFound(flavor.id, key))
  const { [key]: _, ...extraSpecs } = flavor.extraSpecs
  return Result.succeed({ ...flavor, extraSpecs })
}
export const extraSpecNotFound = (id: string, key: string): Refusal =>
  refuse("notFound", `Flavor ${id} has no extra specs with key ${key}.`, "FlavorExtraSpecsNotFound")

export const grant = (flavor: Flavor, projectId: string): Result.Result<Flavor, Refusal> =>
  flavor.access.includes(projectId)
    ? Result.fail(refuse("conflict", `Flavor access already exists for flavor ${flavor.id} and project ${projectId} combination.`, "FlavorAccessExists"))
    : Result.succeed({ ...flavor, access: [...flavor.access, projectId] })

export const revoke = (flavor: Flavor, projectId: string): Result.Result<Flavor, Refusal> =>
  flavor.access.includes(projectId)
    ? Result.succeed({ ...flavor, access: flavor.access.filter((id) => id !== projectId) })
    : Result.fail(refuse("notFound", `Flavor access not found for ${flavor.id} / ${projectId} combination.`, "FlavorAccessNotFound"))

export interface FlavorFilter {
  /** `null`: public or not. Only administrators may choose. */
  readonly isPublic: boolean | null
  readonly minRamMb: number
  readonly minDiskGb: number
  readonly name: string | null
}

export const passes = (flavor: Flavor, filter: FlavorFilter, caller: Caller): boolean =>
  (filter.isPublic === null || flavor.isPublic === filter.isPublic ||
    (filter.isPublic && caller.projectId !== null && flavor.access.includes(caller.projectId))) &&
  (caller.isAdmin || !flavor.isDisabled) &&
  flavor.ramMb >= filter.minRamMb && flavor.diskGb >= filter.minDiskGb &&
  (filter.name === null || flavor.name === filter.name)

/** What flavors can be sorted by, in the names of the API. */
const sortKeys: Readonly<Record<string, (flavor: Flavor) => string | number>> = {
  created_at: (flavor) => flavor.createdAt,
  description: (flavor) => flavor.description ?? "",
  disabled: (flavor) => Number(flavor.isDisabled),
  ephemeral_gb: (flavor) => flavor.ephemeralGb,
  flavorid: (flavor) => flavor.id,
  id: (flavor) => flavor.createdAt,
  is_public: (flavor) => Number(flavor.isPublic),
  memory_mb: (flavor) => flavor.ramMb,
  name: (flavor) => flavor.name,
  root_gb: (flavor) => flavor.diskGb,
  rxtx_factor: (flavor) => flavor.rxtxFactor,
  swap: (flavor) => flavor.swapMb,
  updated_at: (flavor) => flavor.createdAt,
  vcpu_weight: () => 0,
  vcpus: (flavor) => flavor.vcpus
}

export const sorted = (flavors: ReadonlyArray<Flavor>, key: string, descending: boolean): ReadonlyArray<Flavor> => {
  const by = sortKeys[key] ?? sortKeys["flavorid"]!
  const sign = descending ? -1 : 1
  const order = (a: string | number, b: string | number) => a < b ? -1 : a > b ? 1 : 0
  return flavors.toSorted((a, b) => sign * (order(by(a), by(b)) || order(a.id, b.id)))
}
