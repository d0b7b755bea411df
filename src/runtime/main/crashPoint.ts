/**
 * For the crash tests only: `KILONOVA_CRASH=after:12` ends the process as `kill -9` would when its twelfth commit is
 * durable and nobody has been told, `before:12` when it is asked for and nothing of it is written.
 */
import { Effect, Layer } from "effect"
import { Journal } from "../kernel/Journal.ts"
import { cannotStart } from "./StartError.ts"

const variable = "KILONOVA_CRASH"

const die = Effect.sync(() => process.kill(process.pid, "SIGKILL")).pipe(Effect.andThen(Effect.never))

// A commit that lost a race has written nothing: it is none of those that count.
const crashing = (journal: Journal["Service"], when: string, at: number): Journal["Service"] => {
  let asked = 0
  let durable = 0
  return {
    ...journal,
    commit: (commit) =>
      Effect.suspend(() =>
        when === "before" && ++asked === at
          ? die
          : Effect.tap(journal.commit(commit), () => when === "after" && ++durable === at ? die : Effect.void))
  }
}

/** The journal as it is, unless the variable names a commit not to survive. */
export const layer = Layer.effect(Journal, Effect.gen(function*() {
  const journal = yield* Journal
  const given = process.env[variable]
  if (given === undefined || given === "") return journal
  const [, when, at] = given.match(/^(after|before):([1-9]\d*)$/) ?? []
  if (when === undefined) return yield* cannotStart(`${variable} must be after:N or before:N, not ${given}`)
  return crashing(journal, when, Number(at))
}))
