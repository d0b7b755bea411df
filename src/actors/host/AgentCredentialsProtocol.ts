import { Context } from "effect"
import type { Effect } from "effect"
import type { Refusal } from "../shared/Refusal.ts"

export interface AgentCredentialSummary {
  readonly hostname: string
  readonly createdAt: string
  readonly revokedAt: string | null
}

/** The credentials of agents, as operators make and end them. */
export class AgentCredentials extends Context.Service<AgentCredentials, {
  /** A new token for the host's agent, which nobody can read again; an older one of the same host ends. */
  readonly create: (hostname: string) => Effect.Effect<{ readonly hostname: string; readonly token: string }, Refusal>
  /** By hostname. */
  readonly list: () => ReadonlyArray<AgentCredentialSummary>
  /** Ends the host's credential, and its attachment with it. Revoking what is revoked succeeds. */
  readonly revoke: (hostname: string) => Effect.Effect<void, Refusal>
}>()("kilonova/actors/host/AgentCredentials") {}
