/** What this host is called. */
import { readFileSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return ""
  }
}

/** The machine's name at the first start: servers know their host by it, and keep it when the machine is renamed. */
export const keptHostname = (folder: string): Effect.Effect<string> =>
  Effect.sync(() => {
    const path = join(folder, "hostname")
    const kept = read(path)
    if (kept !== "") return kept
    writeFileSync(path, `${hostname()}\n`)
    return hostname()
  })
