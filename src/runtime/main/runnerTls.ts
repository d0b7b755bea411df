/** The files that runners prove themselves to each other by. */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { flagOf } from "./optionKinds.ts"
import type { RunnerSettings } from "./options.ts"
import { type StartError, wrongUsage } from "./StartError.ts"

const names = ["runnerCert", "runnerKey", "runnerCa"] as const

const readPem = (name: (typeof names)[number], path: string): Effect.Effect<string, StartError> =>
  Effect.try({
    try: () => readFileSync(path, "utf8"),
    catch: (cause) => wrongUsage([`${path} (--${flagOf(name)}) cannot be read: ${(cause as Error).message}`])
  })

/** All three or none; `null`: none. */
export const runnerTls = (settings: Pick<RunnerSettings, (typeof names)[number]>) =>
  Effect.gen(function*() {
    const { runnerCa, runnerCert, runnerKey } = settings
    if (runnerCert !== null && runnerKey !== null && runnerCa !== null) {
      return { cert: yield* readPem("runnerCert", runnerCert), key: yield* readPem("runnerKey", runnerKey), ca: yield* readPem("runnerCa", runnerCa) }
    }
    const missing = names.filter((name) => settings[name] === null).map((name) => `--${flagOf(name)}`)
    if (missing.length === names.length) return null
    return yield* wrongUsage([`${missing.join(" and ")} must be given too: runners speak TLS with all of ${names.map((name) => `--${flagOf(name)}`).join(", ")}, or with none`])
  })
