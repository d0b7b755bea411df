/** The folder that holds all that must survive: made with owner-only rights, and locked by one process at a time. */
import { randomBytes } from "node:crypto"
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import type { Scope } from "effect"
import { cannotStart, StartError } from "./StartError.ts"

export interface DataFolder {
  readonly path: string
  readonly journal: string
  readonly images: string
  readonly cloudsYaml: string
}

const reason = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

const attempt = <A>(what: string, run: () => A): Effect.Effect<A, StartError> =>
  Effect.try({
    try: run,
    catch: (cause) => cause instanceof StartError ? cause : cannotStart(`${what}: ${reason(cause)}`)
  })

const ownerOf = (pidFile: string): string => {
  try {
    return ` (process ${readFileSync(pidFile, "utf8").trim()})`
  } catch {
    return ""
  }
}

/**
 * SQLite's exclusive lock is the operating system's: it goes with the process however that ends, which a file with a
 * process number in it does not. The number beside it is for the message only.
 */
const lock = (folder: string): DatabaseSync => {
  const pidFile = join(folder, "kilonova.pid")
  const database = new DatabaseSync(join(folder, "lock.sqlite"))
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
  } catch (cause) {
    database.close()
    if (!/locked|busy/i.test(reason(cause))) throw cause
    throw cannotStart(
      `The data folder ${folder} is in use by another Kilonova${ownerOf(pidFile)}: stop it, or give another --data-dir`
    )
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return database
}

/** Makes the folder where it is missing and holds it until the scope closes. */
export const openDataFolder = (given: string): Effect.Effect<DataFolder, StartError, Scope.Scope> => {
  const path = resolve(given)
  return Effect.gen(function*() {
    yield* attempt(`Cannot write to the data folder ${path} (--data-dir)`, () => {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      accessSync(path, constants.W_OK | constants.X_OK)
    })
    yield* Effect.acquireRelease(
      attempt(`Cannot lock the data folder ${path} (--data-dir)`, () => lock(path)),
      (database) => Effect.sync(() => database.close())
    )
    return {
      path,
      journal: join(path, "journal.sqlite"),
      images: join(path, "images"),
      cloudsYaml: join(path, "clouds.yaml")
    }
  })
}

/** Replaces a file that only its owner may read, so that no reader ever sees half of it. */
export const writeSecret = (file: string, content: string): Effect.Effect<void, StartError> =>
  attempt(`Cannot write ${file}`, () => {
    writeFileSync(`${file}.new`, content, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  })

/** The password given, else the one kept from an earlier start, else a fresh one; kept for the next start. */
export const keepAdminPassword = (folder: DataFolder, given: string | null): Effect.Effect<string, StartError> =>
  Effect.gen(function*() {
    const file = join(folder.path, "admin-password")
    const kept = yield* attempt(`Cannot read ${file}`, () => {
      try {
        return readFileSync(file, "utf8").trimEnd()
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
        throw cause
      }
    })
    const password = given ?? kept ?? randomBytes(18).toString("base64url")
    if (password !== kept) yield* writeSecret(file, `${password}\n`)
    return password
  })
