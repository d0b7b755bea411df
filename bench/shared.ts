/** Reference data beside the repository. */
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"

const folder = resolve(import.meta.dirname, "..", process.env["KILONOVA_SHARED"] ?? "../shared")

/** `null`: it is not there. */
export const sharedFile = (path: string): string | null => {
  const file = join(folder, path)
  return existsSync(file) ? file : null
}
