import { chmodSync, mkdtempSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openDataFolder, readKept, writeSecret } from "../../../src/runtime/main/dataFolder.ts"

const fresh = (): string => join(mkdtempSync(join(tmpdir(), "kilonova-folder-")), "data")
const rights = (file: string): number => statSync(file).mode & 0o777
describe("the data folder", () => {
  it.effect("is made for its owner only", () =>
    Effect.gen(function*() {
      const folder = fresh()
      yield* openDataFolder(folder)
      assert.strictEqual(rights(folder), 0o700)
    }))

  it.effect("that is a file is refused with its name", () =>
    Effect.gen(function*() {
      const folder = fresh()
      writeFileSync(folder, "")
      const error = yield* Effect.flip(openDataFolder(folder))
      assert.include(error.message, folder)
      assert.strictEqual(error.exitCode, 1)
    }))

  it.effect("holds nothing that others may read", () =>
    Effect.gen(function*() {
      const folder = yield* openDataFolder(fresh(), { isPassable: true })
      assert.strictEqual(rights(folder.path), 0o711)
      assert.strictEqual(rights(folder.journal), 0o600)
    }))

  it.effect("replaces a secret without widening its rights", () =>
    Effect.gen(function*() {
      const { adminPassword } = yield* openDataFolder(fresh())
      assert.isNull(yield* readKept(adminPassword))
      yield* writeSecret(adminPassword, "one\n")
      chmodSync(adminPassword, 0o644)
      yield* writeSecret(adminPassword, "two\n")
      assert.strictEqual(rights(adminPassword), 0o600)
      assert.strictEqual(yield* readKept(adminPassword), "two")
    }))
})
