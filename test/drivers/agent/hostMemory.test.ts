/** What an agent remembers of its control plane, across its own restarts. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openHostMemory } from "../../../src/drivers/agent/hostMemory.ts"
import { tempFolder } from "./world.ts"

const at = (position: number, timeline = 1, cloudId = "cloud") => ({ cloudId, timeline, position })

/** Opens the same file again and again: each time is a restart. */
const memory = Effect.map(tempFolder, (folder) => {
  const path = join(folder, "deeper", "control.json")
  return { path, open: (acceptLoss = false) => openHostMemory(path, { acceptLoss }) }
})

describe("an agent's memory", () => {
  it.effect("refuses an older epoch after a restart, in adoptions and in calls", () =>
    Effect.gen(function*() {
      const { open } = yield* memory
      assert.isUndefined(open().adopt(7, null))
      assert.strictEqual(open().adopt(6, null), "epoch 6 is over: this host has seen 7")
      assert.strictEqual(open().admit(6), "epoch 6 is over: this host has seen 7")
      assert.strictEqual(open().admit(8), 8)
      assert.strictEqual(open().adopt(7, null), "epoch 7 is over: this host has seen 8")
    }).pipe(Effect.scoped))

  const cases: ReadonlyArray<readonly [string, ReturnType<typeof at>, RegExp | undefined]> = [
    ["the same position", at(100), undefined],
    ["a later position", at(101), undefined],
    ["an earlier position", at(99), /rolled back: it is at position 99, and this host has seen 100/],
    ["a newer timeline, further back", at(1, 2), undefined],
    ["an older timeline", at(200, 0), /timeline 0, and this host has seen 1/],
    ["another cloud", at(200, 1, "other"), /it is the cloud other, and this host belongs to the cloud cloud/]
  ]
  it.effect.each(cases)("of a journal decides on %s", ([, told, problem]) =>
    Effect.gen(function*() {
      const { open } = yield* memory
      open().adopt(1, at(100))
      const said = open().adopt(2, told)
      if (problem === undefined) assert.isUndefined(said)
      else {
        assert.match(said!, problem)
        assert.include(said!, "--accept-loss")
        assert.isUndefined(open(true).adopt(2, told))
        assert.isUndefined(open().adopt(2, told))
      }
    }).pipe(Effect.scoped))

  it.effect("lets the driver's epochs grow where the control plane counts from the beginning again", () =>
    Effect.gen(function*() {
      const { open } = yield* memory
      open().adopt(40, at(100))
      assert.strictEqual(open().admit(40), 40)
      assert.isUndefined(open().adopt(3, at(1, 2)))
      assert.isAtLeast(open().admit(3) as number, 40)
      assert.isAbove(open().admit(4) as number, 40)
      assert.strictEqual(open().admit(2), "epoch 2 is over: this host has seen 4")
    }).pipe(Effect.scoped))

  it.effect("is not made up where its file is damaged", () =>
    Effect.gen(function*() {
      const { open, path } = yield* memory
      open().adopt(7, null)
      writeFileSync(path, readFileSync(path, "utf8").slice(0, 10))
      assert.throws(() => open(), /control\.json is damaged/)
    }).pipe(Effect.scoped))
})
