/** Commits as fast as it can until it is killed; prints each id once its commit has returned. */
import { writeSync } from "node:fs"
import { Effect } from "effect"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import * as SqliteJournal from "../../src/runtime/sqlite/SqliteJournal.ts"
import { append, commitOf } from "./journalModel.ts"

/** Nobody may learn of an id before it is written out; a reader that lags behind is waited for. */
const say = (line: string): void => {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error
    }
  }
}

const writer = Effect.fnUntraced(function*(name: number) {
  const journal = yield* Journal
  for (let index = 0; ; index++) {
    const id = `${name}-${index}`
    const halves = ["left", "right"].map((type) => append(id, 0, "x".repeat(index % 3000), { stream: { type, id } }))
    yield* journal.commit(commitOf(halves, { requestId: id }))
    say(`${id}\n`)
  }
})

Effect.forEach(Array.from({ length: 40 }, (_, name) => name), writer, { concurrency: "unbounded" }).pipe(
  Effect.provide(SqliteJournal.layer({ path: process.argv[2]! })),
  Effect.runPromise
)
