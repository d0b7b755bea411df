/** Why a cloud could not be built, in words that name the option to change. */
import { Effect } from "effect"
import { readKept } from "./dataFolder.ts"
import type { DataFolder } from "./dataFolder.ts"
import type { Settings } from "./options.ts"
import { cannotStart } from "./StartError.ts"
import type { StartError } from "./StartError.ts"

/** The first error code on the way down the causes: `EADDRINUSE`. */
const codeOf = (error: unknown): string | undefined => {
  for (let cause = error, depth = 0; typeof cause === "object" && cause !== null && depth < 8; depth++) {
    if ("code" in cause && typeof cause.code === "string") return cause.code
    cause = "cause" in cause ? cause.cause : undefined
  }
  return undefined
}

const listening: Readonly<Record<string, (settings: Pick<Settings, "host" | "port">) => string>> = {
  EADDRINUSE: ({ host, port }) => `Port ${port} of ${host} is in use: stop what listens there, or give another --port`,
  EACCES: ({ host, port }) => `This user may not listen on port ${port} of ${host}: give another --port`,
  EADDRNOTAVAIL: ({ host }) => `${host} is no address of this machine: give another --host`,
  ENOTFOUND: ({ host }) => `${host} is no known host name: give another --host`
}

const messageOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error)

const isLocked = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "reason" in error && error.reason === "locked"

/** Why an address cannot be listened on, or what else went wrong. */
export const explainListening = (error: unknown, settings: Pick<Settings, "host" | "port">): Effect.Effect<never, StartError> => {
  const code = codeOf(error)
  const known = code === undefined ? undefined : listening[code]
  return Effect.fail(cannotStart(known === undefined ? messageOf(error) : known(settings)))
}

export const explain = (error: unknown, settings: Pick<Settings, "host" | "port">, folder: DataFolder): Effect.Effect<never, StartError> =>
  Effect.gen(function*() {
    if (isLocked(error)) {
      const owner = yield* readKept(folder.processId)
      return yield* cannotStart(
        `The data folder ${folder.path} is in use by another Kilonova${owner === null ? "" : ` (process ${owner})`}: stop it, or give another --data-dir`
      )
    }
    return yield* explainListening(error, settings)
  })
