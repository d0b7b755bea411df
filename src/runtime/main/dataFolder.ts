/** The folder that holds all that must survive, and that nobody but its owner may look into. The journal's file locks it. */
import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Effect } from "effect"
import { cannotStart } from "./StartError.ts"
import type { StartError } from "./StartError.ts"

export interface DataFolder {
  readonly path: string
  readonly journal: string
  readonly images: string
  /** Disks and consoles of libvirt's guests. */
  readonly guests: string
  readonly cloudsYaml: string
  readonly adminPassword: string
  /** The number of the process that holds the journal, or last held it. */
  readonly processId: string
  /** How much of the journal a runner has seen. */
  readonly highWater: string
  /** There once the first start has decided whether to seed, so that what users delete stays deleted. */
  readonly seeded: string
}

const reason = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

const attempt = <A>(what: string, run: () => A): Effect.Effect<A, StartError> =>
  Effect.try({
    try: run,
    catch: (cause) => cannotStart(`${what}: ${reason(cause)}`)
  })

/** SQLite gives its other files the rights of the first. */
const touchSecret = (file: string): void => closeSync(openSync(file, "a", 0o600))

/** Makes the folder where it is missing. With `isPassable` the hypervisor's user may go through to its guests. */
export const openDataFolder = (
  given: string,
  options: { readonly isPassable?: boolean } = {}
): Effect.Effect<DataFolder, StartError> => {
  const path = resolve(given)
  return Effect.gen(function*() {
    yield* attempt(`Cannot write to the data folder ${path} (--data-dir)`, () => {
      mkdirSync(path, { recursive: true })
      accessSync(path, constants.W_OK | constants.X_OK)
      chmodSync(path, options.isPassable ? 0o711 : 0o700)
    })
    const journal = join(path, "journal.sqlite")
    yield* attempt(`Cannot write ${journal}`, () => touchSecret(journal))
    return {
      path,
      journal,
      images: join(path, "images"),
      guests: join(path, "guests"),
      cloudsYaml: join(path, "clouds.yaml"),
      adminPassword: join(path, "admin-password"),
      highWater: join(path, "high-water"),
      processId: join(path, "kilonova.pid"),
      seeded: join(path, "seeded")
    }
  })
}

/** Replaces a file that only its owner may read, so that no reader ever sees half of it. */
export const writeSecret = (file: string, content: string): Effect.Effect<void, StartError> =>
  attempt(`Cannot write ${file}`, () => {
    writeFileSync(`${file}.new`, content, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  })

/** A small file's text without its last line end; `null` where there is no such file. */
export const readKept = (file: string): Effect.Effect<string | null, StartError> =>
  attempt(`Cannot read ${file}`, () => {
    try {
      return readFileSync(file, "utf8").trimEnd()
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
      throw cause
    }
  })
