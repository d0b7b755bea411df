import { Effect } from "effect"
import type { RedisFailure } from "./failure.ts"
import type { Command } from "./Link.ts"
import type { Script } from "./scripts/script.ts"

export type Send = (commands: ReadonlyArray<Command>) => Effect.Effect<ReadonlyArray<unknown>, RedisFailure>

/**
 * Runs a script by its hash; a server that does not know it (it forgets them when it starts) is given the text. `after`
 * follows in the same write, and its reply comes second.
 */
export const runScriptThen = (send: Send, { sha, text }: Script, keys: ReadonlyArray<string>, argv: ReadonlyArray<string>, after: ReadonlyArray<Command>) => {
  const run = ["EVALSHA", sha, String(keys.length), ...keys, ...argv]
  return send([run, ...after]).pipe(
    Effect.catchIf(({ code }) => code === "NOSCRIPT", () =>
      Effect.map(send([["SCRIPT", "LOAD", text], run, ...after]), (replies) => replies.slice(1)))
  )
}

export const runScript = (send: Send, script: Script, keys: ReadonlyArray<string>, argv: ReadonlyArray<string>): Effect.Effect<unknown, RedisFailure> =>
  Effect.map(runScriptThen(send, script, keys, argv, []), ([reply]) => reply)
