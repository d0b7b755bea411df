import { Clock, Effect, Latch, Layer, Schedule } from "effect"
import { caughtUp } from "../../runtime/kernel/ask.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../runtime/kernel/Journal.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Limits } from "../../runtime/Limits.ts"
import { doerOf } from "./doer.ts"
import type { Instance } from "./Instance.ts"
import type { Command } from "./InstanceCommand.ts"
import { InstanceEntity } from "./InstanceProtocol.ts"

/** What a server with work in flight needs now, if anything. */
const attention = (instance: Instance, nowMillis: number, isResent: boolean): Command | undefined => {
  const work = instance.work
  if (work === null) return undefined
  if (work.deadlineMillis <= nowMillis) return { _tag: "Expire", generation: work.generation, atMillis: nowMillis }
  return isResent || work.touchedAtMillis + Limits.stepRetryMillis <= nowMillis
    ? { _tag: "Resume", atMillis: nowMillis }
    : undefined
}

/**
 * Nothing waits for ever: pending steps that nobody answered are sent again, and a task past its deadline is ended with
 * a fault. A process that takes shards over sends at once what their earlier owner may have had in hand: the pending
 * steps of the servers in them, and those that a host or conductor in them was to do.
 */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const index = yield* InstanceIndex
  const instances = yield* InstanceEntity.client
  const journal = yield* Journal
  const ownership = yield* Ownership
  const isMine = (instance: Instance) => ownership.epochOf(ownership.shardOf("Instance", instance.id)) !== -1

  const look = Effect.fnUntraced(function*(isLookedAt: (instance: Instance) => boolean, isResent: boolean) {
    const nowMillis = yield* Clock.currentTimeMillis
    const calls = [...index.pending()].flatMap((instance) => {
      const command = isLookedAt(instance) ? attention(instance, nowMillis, isResent) : undefined
      return command === undefined ? [] : [Effect.ignoreCause(instances(instance.id).Execute({ command }), { log: "Warn" })]
    })
    yield* Effect.all(calls, { concurrency: Limits.watchdogConcurrency, discard: true })
  })

  const taken = new Set<string>()
  const isTaken = yield* Latch.make(false)
  yield* ownership.watch((change) => {
    if (change._tag !== "Acquired") return
    for (const shard of change.shards) taken.add(shard)
    isTaken.openUnsafe()
  })
  const takeOver = Effect.gen(function*() {
    yield* isTaken.await
    isTaken.closeUnsafe()
    const shards = new Set(taken)
    taken.clear()
    yield* caughtUp(journal)
    yield* look((instance) => {
      const doer = doerOf(instance)
      return shards.has(ownership.shardOf("Instance", instance.id)) || shards.has(ownership.shardOf(doer.type, doer.id))
    }, true)
  })

  yield* look(isMine, true)
  yield* Effect.forkScoped(Effect.forever(takeOver))
  yield* Effect.forkScoped(Effect.repeat(look(isMine, false), Schedule.spaced(Limits.watchdogMillis)))
}))
