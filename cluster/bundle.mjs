// Makes dist/: one program out of the sources, since reading a thousand modules is most of a cold start.
import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { root, say, seconds } from "./install.mjs"

const dist = join(root, "dist")
export const program = join(dist, "kilonova.mjs")
/** What the engine is started with: nearly all that a request makes dies with it, and a larger nursery means fewer collections. */
export const engineFlags = JSON.parse(readFileSync(join(root, "cluster", "engine.json"), "utf8")).flags
const stamp = join(dist, "sources.sha256")

/** Changes when any source file does: paths, sizes and times are enough, and quicker than contents. */
const fingerprint = () => {
  const hash = createHash("sha256")
  const add = (file) => {
    const { mtimeMs, size } = statSync(join(root, file))
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  for (const folder of ["src", "cluster"]) {
    const files = readdirSync(join(root, folder), { recursive: true }).map(String).filter((file) => /\.m?ts$|\.mjs$/.test(file))
    for (const file of files.sort()) add(join(folder, file))
  }
  for (const file of ["package.json", "package-lock.json"]) add(file)
  return hash.digest("hex")
}

const read = (file) => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** A reader sees the old file or the new one. */
const replace = (file, contents) => {
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, contents)
  renameSync(fresh, file)
}

// The compile cache must be on before the code it is for is read: hence this small file in front of the program.
const entry = `import module from "node:module"
import { fileURLToPath } from "node:url"
module.enableCompileCache?.(fileURLToPath(new URL("cache", import.meta.url)))
await import("./main.mjs")
`

const build = async () => {
  const esbuild = await import("esbuild")
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { main: "cluster/kilonova.ts", "sqlite-worker": "src/runtime/sqlite/worker.ts" },
    outdir: dist,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunk-[hash]",
    bundle: true,
    // What only some starts need (libvirt, tracing) stays in files of its own.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // Packages written as CommonJS ask for Node's own modules by `require`.
    banner: { js: `import { createRequire as requireFrom } from "node:module"\nconst require = requireFrom(import.meta.url)` },
    legalComments: "none",
    logLevel: "warning",
    write: false
  }).finally(() => esbuild.stop())
  mkdirSync(dist, { recursive: true })
  const fresh = new Set(outputFiles.map(({ path }) => basename(path)))
  for (const { contents, path } of outputFiles) replace(path, contents)
  replace(program, entry)
  rmSync(join(dist, "cache"), { recursive: true, force: true })
  for (const file of readdirSync(dist)) {
    if (/^chunk-.*\.mjs$/.test(file) && !fresh.has(file)) rmSync(join(dist, file), { force: true })
  }
}

/** Does nothing where dist/ is newer than every source. */
export const bundle = async () => {
  const sources = fingerprint()
  if (read(stamp) === sources && read(program) === entry) return
  const startedAt = Date.now()
  try {
    await build()
  } catch {
    // esbuild has said which line.
    say("the sources cannot be bundled")
    process.exit(1)
  }
  replace(stamp, sources)
  say(`bundled in ${seconds(startedAt)}`)
}
