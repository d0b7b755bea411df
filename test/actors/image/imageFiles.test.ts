/** What the start of a process takes away from the folder that several share. */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ImageFiles } from "../../../src/actors/image/ImageFilesService.ts"

const hour = 3_600_000

/** The folder after a sweep that keeps `kept`, and what the sweep called fresh. */
const swept = (freshMillis: number) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "kilonova-sweep-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true }))
    )
    const put = (name: string, ageMillis: number) => {
      writeFileSync(join(folder, name), name)
      const seconds = (Date.now() - ageMillis) / 1000
      utimesSync(join(folder, name), seconds, seconds)
    }
    put("kept", hour)
    put("forgotten", hour)
    put("new", 0)
    put("old.1.part", hour)
    put("uploading.2.part", 0)
    const fresh = yield* Effect.flatMap(ImageFiles, (files) => files.sweep((id) => id === "kept", freshMillis)).pipe(
      Effect.provide(ImageFiles.layer(folder).pipe(Layer.provide(NodeFileSystem.layer)))
    )
    return { left: readdirSync(folder).toSorted(), fresh: [...fresh].toSorted() }
  }).pipe(Effect.scoped)

describe("the sweep of image files", () => {
  it.live("leaves what another process may be writing", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* swept(60_000), { left: ["kept", "new", "uploading.2.part"], fresh: ["new", "uploading"] })
    }))

  it.live("leaves nothing unfinished where one process has the folder alone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* swept(0), { left: ["kept"], fresh: [] })
    }))
})
