import { Cause, Clock, Effect, Schedule } from "effect"
import { Entity } from "effect/cluster"
import { Fleet } from "../../drivers/Driver.ts"
import { ask } from "../../runtime/kernel/ask.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records, WritersPromises } from "../../runtime/kernel/Records.ts"
import { supervision } from "../../runtime/kernel/supervision.ts"
import { Limits } from "../../runtime/Limits.ts"
import { hosts } from "../host/Host.ts"
import type { Instance, Step } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import { InstanceEntity } from "../instance/InstanceProtocol.ts"
import { Networks } from "../network/NetworkProtocol.ts"
import { defaultCell, SchedulerEntity } from "../scheduler/SchedulerProtocol.ts"
import type { Fence } from "../shared/Promise.ts"
import { isRefusal } from "../shared/Refusal.ts"
import { place } from "./placeWorkflow.ts"
import { rebind } from "./rebindWorkflow.ts"
import { release } from "./releaseWorkflow.ts"
import { select } from "./selectWorkflow.ts"
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
    const fleet = yield* Fleet
    const records = yield* Records
    const ownership = yield* Ownership
    const shard = ownership.shardOf("Conductor", (yield* Entity.CurrentAddress).entityId)
    const own = () => ({ shard, epoch: ownership.epochOf(shard) })

    /** The word of a conductor that was replaced meanwhile counts no more. */
    const tell = (promise: Fence) => (instance: Instance, outcome: typeof Outcome.Type, promises: ReadonlyArray<Fence> = []) =>
      Effect.flatMap(Clock.currentTimeMillis, (atMillis) =>
        ask(instances(instance.id).Execute({
          command: {
            _tag: "Advance", generation: instance.work!.generation, outcome, atMillis, promises: [promise, ...promises]
          }
        })))

    const isUp = (hostname: string) => fleet.isUp(hostname) && records.get(hosts, hostname)?.isForcedDown === false

    const workflows: { readonly [S in Step]?: (instance: Instance, promise: Fence) => Effect.Effect<void, unknown> } = {
      schedule: (instance, promise) => place({ scheduler, networks, tell: tell(promise) }, instance),
      release: (instance, promise) => release({ networks, tell: tell(promise) }, instance),
      select: (instance, promise) => select({ scheduler, isUp, tell: tell(promise) }, instance),
      rebind: (instance, promise) => rebind({ networks, tell: tell(promise) }, instance)
    }
    /** The scheduler moved before its pick was used, and the new one picks; or the store is away for a while. */
    const mayRepeat = (error: unknown, { epoch }: Fence) =>
      isRefusal(error) && error.kind === "unavailable" && ownership.epochOf(shard) === epoch

    return ConductorEntity.of({
      Run: ({ payload: { instance } }) => {
        const promise = own()
        return Effect.asVoid(Effect.forkDetach(
          (workflows[instance.work!.step]?.(instance, promise) ?? Effect.void).pipe(
            Effect.retry({ schedule: Schedule.spaced(Limits.askRetryMillis), while: (error) => mayRepeat(error, promise) }),
            Effect.provideService(WritersPromises, [promise]),
            Effect.timeout(Limits.askMillisMax),
            Effect.catchCause((cause) =>
              Effect.logWarning("A workflow stopped; the watchdog starts it again", Cause.pretty(cause)))
          )
        ))
      }
    })
  }),
  { ...supervision, maxIdleTime: Limits.conductorIdleMillis, mailboxCapacity: Limits.conductorMailboxMax, concurrency: "unbounded" }
)
