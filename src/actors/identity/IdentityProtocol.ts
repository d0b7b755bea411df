import { Context } from "effect"
import type { Effect } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"

/** What every other face needs of Keystone; the built-in service and a real Keystone by URL both provide it. */
export class Identity extends Context.Service<Identity, {
  /** The facts of a valid token; `unauthorized` for a forged, expired or revoked one. No I/O for the built-in service. */
  readonly verify: (token: string) => Effect.Effect<Caller, Refusal>
  /** Does this project exist? */
  readonly hasProject: (projectId: string) => Effect.Effect<boolean, Refusal>
}>()("kilonova/actors/identity/Identity") {}
