import { Effect } from "effect"
import { notFound } from "../../../../actors/instance/decide.ts"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import { type Asked, Servers } from "../../../../actors/instance/ServersProtocol.ts"
import { Refusal } from "../../../../actors/shared/Refusal.ts"
import { InstanceIndex } from "../../../../runtime/kernel/InstanceIndex.ts"
import type { Records } from "../../../../runtime/kernel/Records.ts"
import type { Call } from "../Call.ts"
import { type Outcome } from "../Operations.ts"
import { notAllowed } from "../Policy.ts"

/** What the handlers of servers need. */
export type Needs = Servers | InstanceIndex | Records
export type Handling = Effect.Effect<Outcome, Refusal, Needs>

export const asked = (call: Call): Asked => ({ caller: call.caller, requestId: call.requestId })

/** The server of the path, when the caller may know that it exists. */
export const findServer = (call: Call): Effect.Effect<Instance, Refusal, Servers> =>
  Effect.flatMap(Servers, (servers) => servers.get(asked(call), call.params["id"]!))

/** The same; of a deleted one too, as long as it is remembered. */
export const findDeletedToo = (call: Call): Effect.Effect<Instance, Refusal, InstanceIndex> =>
  Effect.flatMap(InstanceIndex, (index) => {
    const id = call.params["id"]!
    const server = index.get(id)
    return server === undefined || !(call.caller.isAdmin || server.projectId === call.caller.projectId)
      ? Effect.fail(notFound(id))
      : Effect.succeed(server)
  })

/** What a rule answered, as an effect. */
export const accepted = <A>(answer: A | Refusal): Effect.Effect<A, Refusal> =>
  answer instanceof Refusal ? Effect.fail(answer) : Effect.succeed(answer)

/** Asks a policy that only some requests need. */
export const permit = (call: Call, rule: string, isNeeded: boolean): Effect.Effect<void, Refusal> =>
  !isNeeded || call.allows(rule) ? Effect.void : Effect.fail(notAllowed(rule))
