import { Cause, Clock, Effect } from "effect"
import { supervision } from "../../runtime/kernel/supervision.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Instance, Step } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import { InstanceEntity } from "../instance/InstanceProtocol.ts"
import { Networks } from "../network/NetworkProtocol.ts"
import { defaultCell, SchedulerEntity } from "../scheduler/SchedulerProtocol.ts"
import { place } from "./placeWorkflow.ts"
import { release } from "./releaseWorkflow.ts"
import { ConductorEntity } from "./ConductorProtocol.ts"

/**
 * Multi-actor work, one workflow a file. A conductor keeps nothing: what is to be done stands in the server's state,
 * what came of it is told to the server, and a workflow run twice does its work once.
 */
export const layer = ConductorEntity.toLayer(
  Effect.gen(function*() {
    const instances = yield* InstanceEntity.client
    const scheduler = (yield* SchedulerEntity.client)(defaultCell)
    const networks = yield* Networks

    const tell = (instance: Instance, outcome: typeof Outcome.Type) =>
      Effect.flatMap(Clock.currentTimeMillis, (atMillis) =>
        instances(instance.id).Execute({
          command: { _tag: "Advance", generation: instance.work!.generation, outcome, atMillis }
        }))

    const workflows: { readonly [S in Step]?: (instance: Instance) => Effect.Effect<void, unknown> } = {
      schedule: (instance) => place({ scheduler, networks, tell }, instance),
      release: (instance) => release({ networks, tell }, instance)
    }

    return ConductorEntity.of({
      Run: ({ payload: { instance } }) =>
        Effect.asVoid(Effect.forkDetach(
          (workflows[instance.work!.step]?.(instance) ?? Effect.void).pipe(
            Effect.timeout(Limits.askMillisMax),
            Effect.catchCause((cause) =>
              Effect.logWarning("A workflow stopped; the watchdog starts it again", Cause.pretty(cause)))
          )
        ))
    })
  }),
  { ...supervision, maxIdleTime: Limits.conductorIdleMillis, mailboxCapacity: Limits.conductorMailboxMax, concurrency: "unbounded" }
)
