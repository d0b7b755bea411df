import { Context } from "effect"
import type { Effect } from "effect"
import type { Refusal } from "../shared/Refusal.ts"
import type { QuotaLimits, QuotaName } from "./quota.ts"
import type { QuotaUse } from "./quotaChange.ts"

/** Whose limits: a project's, a user's in a project, a class's (`default` is what projects start from). */
export type QuotaOwner =
  | { readonly projectId: string; readonly userId: string | null }
  | { readonly className: string }

export type AskedLimits = { readonly [name in QuotaName]?: number }

/** The limits of projects, users and classes, and what counts against them. */
export class Quotas extends Context.Service<Quotas, {
  readonly limits: (owner: QuotaOwner) => QuotaLimits
  readonly used: (projectId: string, userId: string | null) => QuotaUse
  /** `isForced`: even below what is in use. */
  readonly set: (owner: QuotaOwner, asked: AskedLimits, isForced: boolean) => Effect.Effect<QuotaLimits, Refusal>
  /** Back to what the class says. */
  readonly clear: (projectId: string, userId: string | null) => Effect.Effect<void, Refusal>
}>()("kilonova/actors/project/Quotas") {}
