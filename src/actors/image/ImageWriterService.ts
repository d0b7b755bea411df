/** How images change: read, decide, write; the loser of a race decides again. */
import { Clock, Effect, Random, Result } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { type Change, Records } from "../../runtime/kernel/Records.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { uuidFrom } from "../shared/ids.ts"
import { isoOf } from "../shared/time.ts"
import { imageTable } from "./Image.ts"
import type { Image } from "./Image.ts"
import { imageNotFound } from "./imagePolicy.ts"

const unavailable = refuse("unavailable", "The service cannot store changes now.", "ServiceUnavailable")

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

  const change = (id: string, decide: Decide): Effect.Effect<Image | null, Refusal> =>
    decideAndWrite(records, () => {
      const image = find(id)
      if (image === undefined) return Result.fail(imageNotFound(id))
      return Result.map(decide(image), (next) => {
        const expect = records.version(imageTable, id)
        const changed: Change = next === null ? { table: imageTable, remove: id, expect } : { table: imageTable, put: next, expect }
        return { changes: next === image ? [] : [changed], answer: next }
      })
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
