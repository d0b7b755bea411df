/** The house rules that a machine can check: who imports whom, how long a file may be, where clocks may be read. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { assert, describe, it } from "vitest"

const root = resolve(import.meta.dirname, "..")
const linesMax = 400

const filesUnder = (folder: string): Array<string> =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))

/** First match wins. */
const layers: ReadonlyArray<readonly [name: string, pattern: RegExp, mayImport: ReadonlyArray<string>]> = [
  ["main", /^(src\/runtime\/Kilonova\.ts|src\/runtime\/main\/|cluster\/)/, ["*"]],
  ["protocol", /^src\/actors\/.*Protocol\.ts$/, ["model", "protocol", "limits"]],
  ["actor", /^src\/actors\/.*(Actor|Service|Workflow)\.ts$/, ["model", "port", "protocol", "actor-own", "limits"]],
  ["model", /^src\/actors\//, ["model", "limits"]],
  ["limits", /^src\/runtime\/Limits\.ts$/, []],
  ["port", /^src\/(drivers\/[A-Z]\w*\.ts|runtime\/kernel\/)/, ["model", "port", "limits"]],
  ["adapter", /^src\/(drivers|runtime)\//, ["model", "port", "protocol", "adapter-own", "limits"]],
  ["face", /^src\/api\//, ["model", "protocol", "port", "face", "limits"]]
]
const layerOf = (file: string) => layers.find(([, pattern]) => pattern.test(file))

/** A type alone is no dependency: a rule may speak of a port's shapes. */
const importsOf = (file: string): Array<string> =>
  [...readFileSync(join(root, file), "utf8").matchAll(/^(?:import|export) (?!type )[^"]*?from\s+"(\.[^"]+)"/gm)]
    .map((match) => relative(root, resolve(root, dirname(file), match[1]!)))

const folderOf = (file: string) => file.split("/").slice(0, 3).join("/")

const allowed = (file: string, target: string): boolean => {
  const from = layerOf(file)
  const to = layerOf(target)
  if (from === undefined || to === undefined) return true
  if (from[2].includes("*") || from[2].includes(to[0])) return true
  return from[2].includes(`${to[0]}-own`) && folderOf(file) === folderOf(target)
}

describe("tidy", () => {
  const sources = [...filesUnder("src"), ...filesUnder("cluster")]

  it("imports go one way", () =>
    assert.deepStrictEqual(
      sources.flatMap((file) =>
        importsOf(file).filter((target) => !allowed(file, target)).map((target) => `${file} → ${target}`)
      ),
      []
    ))

  it("rules import no effects", () =>
    assert.deepStrictEqual(
      sources.filter((file) =>
        layerOf(file)?.[0] === "model" &&
        /import \{[^}]*\b(Effect|Layer|Ref|Queue|Stream)\b[^}]*\} from "effect"/.test(
          readFileSync(join(root, file), "utf8").replaceAll(/import type [^\n]*/g, "")
        )
      ),
      []
    ))

  it(`no file is longer than ${linesMax} lines`, () =>
    assert.deepStrictEqual(
      [...sources, ...filesUnder("test")].filter((file) =>
        readFileSync(join(root, file), "utf8").split("\n").length > linesMax
      ),
      []
    ))

  it("the clock and chance come from their services", () =>
    assert.deepStrictEqual(
      sources.filter((file) =>
        /\b(Date\.now\(|Math\.random\(|new Date\(\))/.test(readFileSync(join(root, file), "utf8"))
      ),
      []
    ))
})
