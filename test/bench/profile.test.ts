import { assert, describe, it } from "vitest"
import { groupOf, sourceMap, summarize } from "../../bench/profile.ts"
import type { CpuProfile } from "../../bench/profile.ts"

const bundle = [
  "import module from 'node:module'",
  "// node_modules/effect/dist/internal/effect.js",
  "function runLoop() {}",
  "// src/actors/instance/decide.ts",
  "var decide = () => {",
  "  // src is not a path here",
  "}",
  "// src/runtime/sqlite/WriteQueue.ts",
  "var flush = () => {}"
].join("\n")
const file = "file:///dist/main.mjs"
const sourceOf = sourceMap(() => bundle)

const frame = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber })

/** flush resumes a fiber, which runs decide, which calls an engine's built-in. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)", "", -1), children: [2, 6, 7] },
    { id: 2, callFrame: frame("flush", file, 8), children: [3, 8] },
    { id: 3, callFrame: frame("runLoop", file, 2), children: [4] },
    { id: 4, callFrame: frame("decide", file, 4), children: [5] },
    { id: 5, callFrame: frame("stringify", "", -1) },
    { id: 6, callFrame: frame("(idle)", "", -1) },
    { id: 7, callFrame: frame("(garbage collector)", "", -1) },
    { id: 8, callFrame: frame("postMessage", "", -1) }
  ],
  startTime: 1000,
  samples: [2, 3, 4, 5, 6, 7, 8],
  timeDeltas: [10, 20, 30, 40, 500, 60, 5]
}
const byGroup = (summary: ReturnType<typeof summarize>) =>
  Object.fromEntries(summary.groups.map(({ chargedMicros, group, selfMicros }) => [group, [selfMicros, chargedMicros]]))

describe("profile of a bundle", () => {
  it("a line belongs to the source whose path stands before it", () => {
    assert.strictEqual(sourceOf(file, 2), "node_modules/effect/dist/internal/effect.js")
    assert.strictEqual(sourceOf(file, 5), "src/actors/instance/decide.ts")
    assert.strictEqual(sourceOf(file, 8), "src/runtime/sqlite/WriteQueue.ts")
    assert.strictEqual(sourceOf(file, 0), file)
    assert.strictEqual(sourceOf("node:net", 12), "node:net")
  })

  it("charges built-ins to the code that calls them, but not a resumed fiber to its resumer", () => {
    const summary = summarize(profile, sourceOf)
    assert.strictEqual(summary.busyMicros, 165)
    assert.deepStrictEqual(byGroup(summary), {
      "actor Instance": [30, 70],
      "garbage collection": [60, 60],
      "effect, the rest: fibers, queues, maps": [20, 20],
      "journal (SQLite)": [10, 15],
      "engine built-ins": [45, 0]
    })
  })

  it("takes only the samples of a window", () => {
    const { busyMicros, functions } = summarize(profile, sourceOf, { from: 1025, to: 1060 })
    assert.strictEqual(busyMicros, 50)
    assert.deepStrictEqual(functions.map(({ name, selfMicros }) => [name, selfMicros]), [["decide", 30], ["runLoop", 20]])
  })

  it("every layer of the sources has a name", () => {
    const paths = ["src/api/http/Server.ts", "src/actors/project/quota.ts", "src/runtime/kernel/Behavior.ts", "src/drivers/Driver.ts"]
    for (const path of [...paths, "node_modules/ajv/dist/core.js", "node:events"]) assert.notStrictEqual(groupOf(path), path)
  })
})
