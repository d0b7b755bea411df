import { Result } from "effect"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import type { QuotaLimits, QuotaName } from "./quota.ts"

/** What is counted in a project (or of a user in it), by the name of its limit; what is not counted is 0. */
export type QuotaUse = { readonly [name in QuotaName]: number }

const unlimited = (limit: number) => limit === -1 ? Number.POSITIVE_INFINITY : limit

/**
 * New limits, checked unless forced: none below what is in use, and none of a user above the project's own.
 * `ceiling` is the project's when a user's limits change.
 */
export const checkLimits = (
  asked: { readonly [name in QuotaName]?: number }, used: QuotaUse, ceiling: QuotaLimits | null
): Result.Result<void, Refusal> => {
  for (const name of Object.keys(asked) as Array<QuotaName>) {
    const limit = asked[name]!
    if (unlimited(limit) < used[name]) {
      return Result.fail(refuse("badRequest", `Quota limit ${limit} for ${name} must be greater than or equal to already used and reserved ${used[name]}.`))
    }
    if (ceiling !== null && unlimited(limit) > unlimited(ceiling[name])) {
      return Result.fail(refuse("badRequest", `Quota limit ${limit} for ${name} must be less than or equal to ${ceiling[name]}.`))
    }
  }
  return Result.succeed(undefined)
}
