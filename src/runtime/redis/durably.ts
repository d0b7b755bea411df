import { Effect } from "effect"
import { RedisFailure } from "./failure.ts"
import { number } from "./replies.ts"
import { runScriptThen } from "./runScript.ts"
import type { Send } from "./runScript.ts"
import type { Script } from "./scripts/script.ts"

/** Runs a script whose effect must not be lost: where the durability says so, replicas have it before it is answered. */
export type RunDurably = (script: Script, keys: ReadonlyArray<string>, argv: ReadonlyArray<string>) => Effect.Effect<unknown, RedisFailure>

/** With too few replicas in time the outcome is open: the master has it, and may be replaced by one that has not. */
export const durably = (send: Send, replicas: number, waitMillis: number): RunDurably => {
  const wait = replicas === 0 ? [] : [["WAIT", String(replicas), String(waitMillis)]]
  return (script, keys, argv) =>
    Effect.flatMap(runScriptThen(send, script, keys, argv, wait), ([reply, reached]) =>
      replicas === 0 || number(reached) >= replicas
        ? Effect.succeed(reply)
        : Effect.fail(new RedisFailure({
          code: "NOREPLICAS",
          message: `${number(reached)} of ${replicas} replicas had it within ${waitMillis} ms`
        })))
}
