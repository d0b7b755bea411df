import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { keepAdminPassword, openDataFolder } from "../../../src/runtime/main/dataFolder.ts"

const fresh = (): string => join(mkdtempSync(join(tmpdir(), "kilonova-folder-")), "data")
const rights = (file: string): number => statSync(file).mode & 0o777
const module = join(import.meta.dirname, "../../../src/runtime/main/dataFolder.ts")

/** Another process opens the folder: locks are the operating system's, and one process does not exclude itself. */
const openElsewhere = (folder: string): string => {
  const code = `
    import { Effect } from "effect"
    import { openDataFolder } from ${JSON.stringify(module)}
    const answer = openDataFolder(${JSON.stringify(folder)}).pipe(
      Effect.scoped, Effect.as("opened"), Effect.catch((error) => Effect.succeed(error.message))
    )
    console.log(await Effect.runPromise(answer))`
  const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: import.meta.dirname,
    encoding: "utf8"
  })
  return stdout.trim() || stderr
}

describe("the data folder", () => {
  it.effect("is made for its owner only", () =>
    Effect.gen(function*() {
      const folder = fresh()
      yield* Effect.scoped(openDataFolder(folder))
      assert.strictEqual(rights(folder), 0o700)
    }))

  it.effect("belongs to one process at a time, which the refusal names", () =>
    Effect.gen(function*() {
      const folder = fresh()
      yield* Effect.scoped(Effect.gen(function*() {
        yield* openDataFolder(folder)
        const refusal = openElsewhere(folder)
        assert.include(refusal, `${folder} is in use by another Kilonova (process ${process.pid})`)
        assert.include(refusal, "--data-dir")
      }))
      assert.strictEqual(openElsewhere(folder), "opened")
    }))

  it.effect("that is a file is refused with its name", () =>
    Effect.gen(function*() {
      const folder = fresh()
      writeFileSync(folder, "")
      const error = yield* Effect.flip(Effect.scoped(openDataFolder(folder)))
      assert.include(error.message, folder)
      assert.strictEqual(error.exitCode, 1)
    }))

  it.effect("keeps the admin's password, which a given one replaces", () =>
    Effect.scoped(Effect.gen(function*() {
      const folder = yield* openDataFolder(fresh())
      const drawn = yield* keepAdminPassword(folder, null)
      assert.isAtLeast(drawn.length, 20)
      assert.strictEqual(yield* keepAdminPassword(folder, null), drawn)
      assert.strictEqual(yield* keepAdminPassword(folder, "given"), "given")
      assert.strictEqual(yield* keepAdminPassword(folder, null), "given")
      assert.strictEqual(rights(join(folder.path, "admin-password")), 0o600)
    })))

  it.effect("never widens the rights of a secret it replaces", () =>
    Effect.scoped(Effect.gen(function*() {
      const folder = yield* openDataFolder(fresh())
      yield* keepAdminPassword(folder, "one")
      chmodSync(join(folder.path, "admin-password"), 0o644)
      yield* keepAdminPassword(folder, "two")
      assert.strictEqual(rights(join(folder.path, "admin-password")), 0o600)
      assert.strictEqual(readFileSync(join(folder.path, "admin-password"), "utf8"), "two\n")
    })))
})
