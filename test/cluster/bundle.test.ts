/** What every start reads is what every start needs. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = resolve(import.meta.dirname, "../..")
const dist = join(root, "dist")

/** Not twice what it is. */
const bytesMax = 6_000_000

/** The files a program reads at once: itself and what it imports, not what it may import later. */
const readAtOnce = (file: string, seen: Set<string> = new Set()): Set<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  const code = readFileSync(join(dist, file), "utf8")
  for (const [, from, alone] of code.matchAll(/^(?:import|export)\b[^;]*?from "\.\/([^"]+)"|^import "\.\/([^"]+)"/gm)) {
    readAtOnce(from ?? alone!, seen)
  }
  return seen
}

describe("the bundle", () => {
  execFileSync(process.execPath, [join(root, "cluster/build.mjs")], { stdio: "ignore" })

  it("has no HTTP client of its own: Node's is enough, and undici costs a tenth of a second", () => {
    const modules = readdirSync(dist).filter((file) => file.endsWith(".mjs"))
    assert.deepStrictEqual(modules.filter((file) => readFileSync(join(dist, file), "utf8").includes("node_modules/undici/")), [])
  })

  it("says its version and its options without reading the cloud's code", () => {
    const atOnce = [...readAtOnce("main.mjs")]
    assert.isFalse(atOnce.some((file) => readFileSync(join(dist, file), "utf8").includes("src/runtime/Kilonova.ts")))
  })

  it(`is smaller than ${bytesMax / 1e6} MB`, () => {
    const sizes = readdirSync(dist).filter((file) => file.endsWith(".mjs")).map((file) => statSync(join(dist, file)).size)
    assert.isBelow(sizes.reduce((sum, size) => sum + size, 0), bytesMax)
  })
})
