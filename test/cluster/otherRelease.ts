/** Releases that are not there yet: this one's sources with lines of them changed, bundled as `kilonova` is. */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Effect } from "effect"
import type { Scope } from "effect"
import { build } from "esbuild"
import { freshFolder } from "../fixtures/cloud.ts"

const root = resolve(import.meta.dirname, "../..")

export interface Patch {
  readonly file: string
  readonly line: string
  readonly becomes: string
}

/** Fails where a line to change is not there. Answers the program. */
export const otherRelease = (patches: ReadonlyArray<Patch>): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = yield* freshFolder
    const program = join(folder, "kilonova.mjs")
    const files = Map.groupBy(patches, ({ file }) => join(root, file))
    const patched = (path: string) => {
      let text = readFileSync(path, "utf8")
      for (const { becomes, file, line } of files.get(path) ?? []) {
        if (!text.includes(line)) throw new Error(`${file} has no line ${line}`)
        text = text.replace(line, () => becomes)
      }
      return text
    }
    yield* Effect.promise(() => build({
      absWorkingDir: root,
      entryPoints: ["cluster/kilonova.ts"],
      outfile: program,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node24",
      banner: { js: `import { createRequire as requireFrom } from "node:module"\nconst require = requireFrom(import.meta.url)` },
      logLevel: "error",
      plugins: [{
        name: "patches",
        setup: ({ onLoad }) => {
          onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => files.has(path) ? { contents: patched(path), loader: "ts" } : undefined)
        }
      }]
    }))
    return program
  })
