import { Effect } from "effect"
import { Entity } from "effect/cluster"
import * as Behavior from "../../runtime/kernel/Behavior.ts"
import { supervision } from "../../runtime/kernel/supervision.ts"
import { Limits } from "../../runtime/Limits.ts"
import { ConductorEntity } from "../conductor/ConductorProtocol.ts"
import { HostEntity } from "../host/HostProtocol.ts"
import { decide } from "./decide.ts"
import { doerOf } from "./doer.ts"
import { evolve } from "./evolve.ts"
import type { Instance } from "./Instance.ts"
import type { Command } from "./InstanceCommand.ts"
import type { InstanceEvent } from "./InstanceEvent.ts"
import { InstanceEntity } from "./InstanceProtocol.ts"

/**
 * One server. It decides, commits and answers; the work a commit leaves pending is sent on its way and never waited
 * for. A message that gets lost is sent again by the watchdog, from the state alone.
 */
export const layer = InstanceEntity.toLayer(
  Effect.gen(function*() {
    const address = yield* Entity.CurrentAddress
    const conductors = yield* ConductorEntity.client
    const hosts = yield* HostEntity.client

    const send = (instance: Instance) => {
      const doer = doerOf(instance)
      return doer.type === "Host" ? hosts(doer.id).Drive({ instance }) : conductors(doer.id).Run({ instance })
    }

    const instance = yield* Behavior.make<Instance, Command, InstanceEvent>({
      type: "Instance",
      id: address.entityId,
      creates: (command) => command._tag === "Create",
      decide: (state, command) => decide(address.entityId, state, command),
      evolve,
      isPending: (state) => state.work !== null,
      guards: (command) => "promises" in command ? command.promises ?? [] : [],
      react: (before, after) =>
        after.work === null || after.work === before?.work
          ? Effect.void
          : Effect.asVoid(Effect.forkDetach(
            send(after).pipe(
              Effect.catchCause((cause) => Effect.logWarning("A pending step could not be sent; the watchdog sends it again", cause))
            )
          ))
    })
    return InstanceEntity.of({ Execute: ({ payload }) => instance.handle(payload.command) })
  }),
  { ...supervision, maxIdleTime: Limits.instanceIdleMillis, mailboxCapacity: Limits.instanceMailboxMax }
)

