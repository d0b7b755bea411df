import { Cause, Clock, Context, Effect, Exit, Layer, Option, Random, Result } from "effect"
import { Records } from "../../runtime/kernel/Records.ts"
import type { Change } from "../../runtime/kernel/Records.ts"
import type { VersionConflict } from "../../runtime/kernel/Journal.ts"
import { Limits } from "../../runtime/Limits.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { uuidFrom } from "../shared/ids.ts"
import { isoOf } from "../shared/time.ts"
import {
  ipAllocationTable,
  networkQuotaTable,
  networkTable,
  portTable,
  securityGroupRuleTable,
  securityGroupTable,
  subnetTable
} from "./Network.ts"
import { NetworkIndex } from "./NetworkIndex.ts"

/** What a writer decided on the state it saw. */
export interface Decision<A> {
  readonly changes: ReadonlyArray<Change>
  readonly value: A
  /** Gives back what was reserved, when the write did not happen; what somebody else turned out to have stays taken. */
  readonly undo?: (conflict: VersionConflict | null) => void
  /** After the write, whatever became of it. */
  readonly settle?: () => void
}

/** `conflict`: why the decision before this one was not written. */
export type Decide<A> = (conflict: VersionConflict | null, attempt: number) => Result.Result<Decision<A>, Refusal>

const unavailable = refuse("unavailable", "The service cannot store changes now.", "ServiceUnavailable")
const tooBusy = refuse("conflict", "Too many writers changed the same thing at once. Try again.", "RetryRequest")

/** Allocations come after the subnets whose pools they mark. */
const tables = [
  networkTable, subnetTable, ipAllocationTable, portTable, securityGroupTable, securityGroupRuleTable, networkQuotaTable
]

/** The network service's state and its one way to change it. Internal to this folder. */
export class NetworkStore extends Context.Service<NetworkStore, {
  readonly index: NetworkIndex
  readonly get: Records["Service"]["get"]
  readonly version: Records["Service"]["version"]
  /**
   * Decides and writes; of two racing writers the loser decides again on what the winner left. `decide` runs without
   * a pause between its reading and its reserving.
   */
  readonly change: <A>(decide: Decide<A>) => Effect.Effect<A, Refusal>
  readonly now: Effect.Effect<string>
  readonly newId: Effect.Effect<string>
}>()("kilonova/actors/network/NetworkStore") {
  static readonly layer = Layer.effect(
    NetworkStore,
    Effect.gen(function*() {
      const records = yield* Records
      const clock = yield* Clock.Clock
      const index = new NetworkIndex()
      yield* records.watch(tables, (type, key, record) => index.apply(type, key, record))
      for (const table of tables) {
        for (const record of records.all<never>(table)) index.apply(table.type, table.key(record), record)
      }

      const change = <A>(
        decide: Decide<A>,
        conflict: VersionConflict | null = null,
        attempt = 0
      ): Effect.Effect<A, Refusal> =>
        Effect.suspend(() => {
          const decided = decide(conflict, attempt)
          if (Result.isFailure(decided)) return Effect.fail(decided.failure)
          const { changes, settle, undo, value } = decided.success
          if (changes.length === 0) return Effect.succeed(value)
          return Effect.exit(records.write(changes)).pipe(
            Effect.onInterrupt(() =>
              Effect.sync(() => {
                undo?.(null)
                settle?.()
              })
            ),
            Effect.flatMap((exit) => {
              if (Exit.isSuccess(exit)) {
                settle?.()
                return Effect.succeed(value)
              }
              const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
              const lost = error?._tag === "VersionConflict" ? error : null
              undo?.(lost)
              settle?.()
              if (error === undefined) return Effect.failCause(exit.cause as Cause.Cause<never>)
              if (lost === null) return Effect.fail(unavailable)
              return attempt < Limits.writeRetriesMax ? change(decide, lost, attempt + 1) : Effect.fail(tooBusy)
            })
          )
        })

      return NetworkStore.of({
        index,
        get: records.get,
        version: records.version,
        change,
        now: Effect.sync(() => isoOf(clock.currentTimeMillisUnsafe())),
        newId: Effect.map(Random.Random, (random) => uuidFrom(() => random.nextDoubleUnsafe()))
      })
    })
  )
}
