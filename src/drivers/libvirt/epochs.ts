/** The newest epoch this host was called with. It outlives the process: a restarted agent must not forget it. */
import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { type Call, DriverError } from "../Driver.ts"

const read = (path: string): number => {
  try {
    return Number(readFileSync(path, "utf8")) || 0
  } catch {
    return 0
  }
}

export interface Epochs {
  /** Refuses a caller who no longer owns the host. */
  readonly guard: (operation: string, call: Call) => Effect.Effect<void, DriverError>
}

/** Keeps the epoch in a file of the driver's folder. Synchronous on purpose: no call may slip in between. */
export const makeEpochs = (folder: string): Effect.Effect<Epochs> =>
  Effect.sync(() => {
    const path = join(folder, "epoch")
    let newest = read(path)
    return {
      guard: (operation, { epoch }) =>
        Effect.suspend(() => {
          if (epoch < newest) {
            return Effect.fail(
              new DriverError({ operation, message: `epoch ${epoch} is older than ${newest}`, isRetryable: false })
            )
          }
          if (epoch === newest) return Effect.void
          return Effect.try({
            try: () => {
              writeFileSync(`${path}.part`, String(epoch))
              renameSync(`${path}.part`, path)
              newest = epoch
            },
            catch: (cause) => new DriverError({ operation, message: "the epoch could not be kept", isRetryable: true, cause })
          })
        })
    }
  })
