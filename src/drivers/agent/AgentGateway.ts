import { Context } from "effect"
import type { Effect, Scope } from "effect"
import type { Attached } from "./attachment.ts"
import type { Claim, Ended } from "./protocol.ts"

/** Where connections of agents are let in. */
export class AgentGateway extends Context.Service<AgentGateway, {
  /** `nonce` is what this connection was given, and is used up by this. The attachment ends with the scope. */
  readonly attach: (claim: Claim, nonce: string) => Effect.Effect<Attached | Ended, never, Scope.Scope>
}>()("kilonova/drivers/agent/AgentGateway") {}
