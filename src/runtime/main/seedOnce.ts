/** Of several processes that start on an empty cloud, one fills it. */
import { Effect } from "effect"
import { Journal } from "../kernel/Journal.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Records } from "../kernel/Records.ts"

/** Who has decided what the cloud starts with: a member, by its shard and epoch; done, it stays decided. */
type Seeding = { readonly id: string; readonly shard: string; readonly epoch: number; readonly isDone: boolean }

const seedings = { type: "seeding", key: (seeding: Seeding) => seeding.id }
const id = "cloud"

/**
 * Runs `seed` unless it was run before, or another process that lives is at it. A seeding cut short by the end of its
 * process is taken up by the next one.
 */
export const seedOnce = <E, R>(seed: Effect.Effect<void, E, R>) =>
  Effect.gen(function*() {
    const records = yield* Records
    const journal = yield* Journal
    const { session } = yield* Ownership
    const found = records.get(seedings, id)
    if (found?.isDone) return
    if (found !== undefined && (yield* journal.epochOf(found.shard)) === found.epoch) return
    const { epoch, shard } = session() ?? { shard: "none", epoch: -1 }
    const claim = { table: seedings, put: { id, shard, epoch, isDone: false }, expect: found === undefined ? "absent" as const : records.version(seedings, id) }
    const isMine = yield* records.write([claim]).pipe(Effect.as(true), Effect.catchTag("VersionConflict", () => Effect.succeed(false)))
    if (!isMine) return
    yield* seed
    yield* records.write([{ table: seedings, put: { ...claim.put, isDone: true }, expect: "any" }])
  })
