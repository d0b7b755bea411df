/** How images change: read, decide, write; the loser of a race decides again. */
import { Clock, Effect, Random, Result } from "effect"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { uuidFrom } from "../shared/ids.ts"
import { isoOf } from "../shared/time.ts"
import { imageTable } from "./Image.ts"
import type { Image } from "./Image.ts"
import { imageNotFound } from "./imagePolicy.ts"

const unavailable = refuse("unavailable", "The service cannot store changes now.", "ServiceUnavailable")
const tooBusy = refuse("conflict", "Too many writers changed the image at once. Try again.", "Conflict")

/** The image after the change; the same object: nothing to write; `null`: no image any more. */
export type Decide = (image: Image) => Result.Result<Image | null, Refusal>

export interface ImageWriter {
  readonly now: Effect.Effect<string>
  readonly newId: Effect.Effect<string>
  readonly find: (id: string) => Image | undefined
  readonly all: () => Iterable<Image>
  readonly add: (image: Image) => Effect.Effect<void, Refusal>
  readonly change: (id: string, decide: Decide) => Effect.Effect<Image | null, Refusal>
}

export const make = Effect.gen(function*() {
  const records = yield* Records
  const clock = yield* Clock.Clock
  const find = (id: string) => records.get(imageTable, id)

  const change = (id: string, decide: Decide, attempt = 0): Effect.Effect<Image | null, Refusal> =>
    Effect.suspend(() => {
      const image = find(id)
      if (image === undefined) return Effect.fail(imageNotFound(id))
      const decided = decide(image)
      if (Result.isFailure(decided)) return Effect.fail(decided.failure)
      const next = decided.success
      if (next === image) return Effect.succeed(image)
      const expect = records.version(imageTable, id)
      const written = next === null
        ? records.write([{ table: imageTable, remove: id, expect }])
        : records.write([{ table: imageTable, put: next, expect }])
      return Effect.as(written, next).pipe(
        Effect.catchTags({
          VersionConflict: () => attempt < Limits.writeRetriesMax ? change(id, decide, attempt + 1) : Effect.fail(tooBusy),
          JournalUnavailable: () => Effect.fail(unavailable)
        })
      )
    })

  const writer: ImageWriter = {
    now: Effect.sync(() => isoOf(clock.currentTimeMillisUnsafe())),
    newId: Effect.map(Random.Random, (random) => uuidFrom(() => random.nextDoubleUnsafe())),
    find,
    all: () => records.all(imageTable),
    add: (image) =>
      records.write([{ table: imageTable, put: image, expect: "absent" }]).pipe(
        Effect.catchTags({
          VersionConflict: () => Effect.fail(refuse("conflict", `Image ID ${image.id} already exists!`, "Duplicate")),
          JournalUnavailable: () => Effect.fail(unavailable)
        })
      ),
    change
  }
  return writer
})
