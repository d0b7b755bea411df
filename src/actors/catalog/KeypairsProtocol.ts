import { Context } from "effect"
import type { Effect } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Keypair } from "./Keypair.ts"

export interface KeypairDraft {
  readonly userId: string
  readonly name: string
  readonly type: Keypair["type"]
  /** `null`: make one, and tell the private half once. */
  readonly publicKey: string | null
}

/** What the faces may ask of key pairs. Whose they may be is the policies' business. */
export class Keypairs extends Context.Service<Keypairs, {
  readonly get: (userId: string, name: string) => Effect.Effect<Keypair, Refusal>
  /** By name. */
  readonly list: (userId: string) => ReadonlyArray<Keypair>
  /** The caller's project sets the limit. */
  readonly create: (caller: Caller, draft: KeypairDraft) => Effect.Effect<{ readonly keypair: Keypair; readonly privateKey: string | null }, Refusal>
  readonly remove: (userId: string, name: string) => Effect.Effect<void, Refusal>
}>()("kilonova/actors/catalog/Keypairs") {}
