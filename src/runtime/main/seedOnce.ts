/** Of several processes that start on an empty cloud, one fills it. */
import { Effect, Schedule } from "effect"
import { Journal } from "../kernel/Journal.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Records } from "../kernel/Records.ts"
import { Limits } from "../Limits.ts"

/** Who has decided what the cloud starts with: a member, by its shard and epoch; done, it stays decided. */
type Seeding = { readonly id: string; readonly shard: string; readonly epoch: number; readonly isDone: boolean }

const seedings = { type: "seeding", key: (seeding: Seeding) => seeding.id }
const id = "cloud"

/**
 * Returns when the cloud has what it starts with. Runs `seed` unless it was run before; while another process that
 * lives is at it, waits for that one. A seeding cut short by the end of its process is taken up by the next.
 */
export const seedOnce = <E, R>(seed: Effect.Effect<void, E, R>) =>
  Effect.gen(function*() {
    const records = yield* Records
    const journal = yield* Journal
    const ownership = yield* Ownership

    const attempt = Effect.gen(function*() {
      yield* journal.sync
      const found = records.get(seedings, id)
      if (found?.isDone) return true
      if (found !== undefined && (yield* journal.epochOf(found.shard)) === found.epoch) return false
      const session = ownership.session()
      // Who is no member yet could not be told from one that has died.
      if (session === null) return false
      const { epoch, shard } = session
      const claim = { table: seedings, put: { id, shard, epoch, isDone: false }, expect: found === undefined ? "absent" as const : records.version(seedings, id) }
      const isMine = yield* records.write([claim]).pipe(Effect.as(true), Effect.catchTag("VersionConflict", () => Effect.succeed(false)))
      if (!isMine) return false
      yield* seed
      yield* records.write([{ table: seedings, put: { ...claim.put, isDone: true }, expect: "any" }])
      return true
    })
    yield* Effect.repeat(attempt, { until: (isDone) => isDone, schedule: Schedule.spaced(Limits.membersPollMillis) })
  })
