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

const textOf = (file: string) => readFileSync(join(root, file), "utf8")
const codeOf = (file: string) => textOf(file).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")

/** What a file takes from another: names, `*` for all of it. */
interface Taken {
  readonly from: string
  readonly names: ReadonlyArray<string>
}

const takenBy = (file: string): ReadonlyArray<Taken> => {
  const code = textOf(file)
  const target = (path: string) => relative(root, resolve(root, dirname(file), path))
  const imports = [...code.matchAll(/^(?:import|export) (?:type )?([^"]*?) from "(\.[^"]+)"/gm)].map(([, clause, path]): Taken => {
    const space = /\* as (\w+)/.exec(clause!)?.[1]
    const isHandedOn = space !== undefined && new RegExp(`[=(,:{[ ]${space}(?![\\w.:])`).test(code.replaceAll(/^import .*$/gm, ""))
    const names = space === undefined
      ? clause!.replaceAll(/[{}]|\btype /g, "").split(",").map((name) => name.trim().split(" as ")[0]!)
      : isHandedOn ? ["*"] : [...code.matchAll(new RegExp(`\\b${space}\\.(\\w+)`, "g"))].map(([, name]) => name!)
    return { from: target(path!), names }
  })
  const whole = [...code.matchAll(/(?:import\(|new URL\(|import )"(\.[^"]+)"/g)].map(([, path]): Taken => ({ from: target(path!), names: ["*"] }))
  return [...imports, ...whole]
}

/** The faces of the package: others import them. */
const published = Object.values(JSON.parse(textOf("package.json")).exports as Record<string, string | null>)
  .flatMap((path) => path === null ? [] : [path.replace("./dist/lib/", "src/").replace(/\.js$/, ".ts")])

describe("tidy", () => {
  const sources = [...filesUnder("src"), ...filesUnder("cluster")]
  const everywhere = [...sources, ...["test", "bench", "examples"].flatMap(filesUnder)]

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

  it("every file is imported, and by more than tests", () => {
    const used = new Set(sources.flatMap(takenBy).map(({ from }) => from))
    assert.deepStrictEqual(filesUnder("src").filter((file) => !used.has(file) && !published.includes(file)), [])
  })

  it("what is exported is used elsewhere", () => {
    const used = new Set(everywhere.flatMap(takenBy).flatMap(({ from, names }) => names.map((name) => `${from} ${name}`)))
    const isFree = (file: string) =>
      published.includes(file) || file.endsWith("Protocol.ts") || file.startsWith("src/drivers/libvirt/node-libvirt/")
    assert.deepStrictEqual(
      filesUnder("src").filter((file) => !isFree(file) && !used.has(`${file} *`)).flatMap((file) =>
        [...codeOf(file).matchAll(/^export (?:const|function\*?) (\w+)/gm)].map(([, name]) => `${file} ${name}`)
          // Tables of fields are there for golden tests to read, too.
          .filter((name) => !used.has(name) && !name.endsWith(" fields"))
      ),
      []
    )
  })

  it("every limit is kept by somebody", () => {
    const code = filesUnder("src").filter((file) => file !== "src/runtime/Limits.ts").map(textOf).join("\n")
    const names = [...textOf("src/runtime/Limits.ts").matchAll(/^  (\w+):/gm)].map(([, name]) => name!)
    assert.isNotEmpty(names)
    assert.deepStrictEqual(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code)), [])
  })

  it("versions of the API stand in tables", () => {
    const compared = /\bversion\s*(?:[<>]=?|[!=]==)\s*\d|\d\s*(?:[<>]=?|[!=]==)\s*(?:\w+\.)?version\b/
    const faces = ["src/api/http/compute", "src/api/http/placement"].flatMap(filesUnder)
    assert.deepStrictEqual(faces.filter((file) => compared.test(codeOf(file))), [])
  })

  it("effects are run at the edge alone", () =>
    assert.deepStrictEqual(
      sources.filter((file) => !file.startsWith("cluster/") && /\b(Effect\.run\w+|runMain|ManagedRuntime)\b/.test(codeOf(file))),
      []
    ))

  it("no path of a developer's machine", () =>
    assert.deepStrictEqual(everywhere.filter((file) => /["'`](?:\/home\/|\/root\/|\/Users\/|\/work\/)/.test(textOf(file))), []))
})
