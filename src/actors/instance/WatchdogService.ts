import { Clock, Effect, Layer, Schedule } from "effect"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Instance } from "./Instance.ts"
import type { Command } from "./InstanceCommand.ts"
import { InstanceEntity } from "./InstanceProtocol.ts"

/** What a server with work in flight needs now, if anything. */
const attention = (instance: Instance, nowMillis: number, isStart: boolean): Command | undefined => {
  const work = instance.work
  if (work === null) return undefined
  if (work.deadlineMillis <= nowMillis) return { _tag: "Expire", generation: work.generation, atMillis: nowMillis }
  return isStart || work.touchedAtMillis + Limits.stepRetryMillis <= nowMillis
    ? { _tag: "Resume", atMillis: nowMillis }
    : undefined
}

/**
 * Nothing waits for ever: at the start every pending step is sent again, later those nobody answered, and a task past
 * its deadline is ended with a fault.
 */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const index = yield* InstanceIndex
  const instances = yield* InstanceEntity.client

  const look = Effect.fnUntraced(function*(isStart: boolean) {
    const nowMillis = yield* Clock.currentTimeMillis
    const calls = [...index.pending()].flatMap((instance) => {
      const command = attention(instance, nowMillis, isStart)
      return command === undefined ? [] : [Effect.ignoreCause(instances(instance.id).Execute({ command }), { log: "Warn" })]
    })
    yield* Effect.all(calls, { concurrency: Limits.watchdogConcurrency, discard: true })
  })

  yield* look(true)
  yield* Effect.forkScoped(Effect.repeat(look(false), Schedule.spaced(Limits.watchdogMillis)))
}))
