// Brings the locked packages, among them the Node that everything else runs on. Plain JavaScript for any Node from 20 on.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
export const node = join(root, "node_modules", ".bin", "node")

/** Node 24 runs TypeScript and has `node:sqlite`; the packages bring one where the machine's own is older. */
export const majorNeeded = 24

/** People read this; what a script reads is on standard output. */
export const say = (line) => process.stderr.write(`kilonova: ${line}\n`)

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

const packagesOf = (file) => {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages
  } catch {
    return undefined
  }
}

/** What npm says it installed is what the lock says, package by package; those of other platforms may be absent. */
const isInstalled = () => {
  const locked = packagesOf("package-lock.json")
  const installed = packagesOf("node_modules/.package-lock.json")
  if (locked === undefined || installed === undefined || !existsSync(node)) return false
  return Object.entries(locked).every(([path, { optional, version }]) =>
    path === "" || (installed[path] === undefined ? optional === true : installed[path].version === version)
  )
}

const run = (command, args, cwd = root) => {
  // Under npm this variable names the npm that runs us: the same one should install.
  const npm = process.env.npm_execpath
  const line = command === "npm" && npm !== undefined && /\.c?js$/.test(npm)
    ? [process.execPath, [npm, ...args]]
    : [command, args]
  const { error, status } = spawnSync(line[0], line[1], { cwd, stdio: ["ignore", 2, 2] })
  if (error === undefined && status === 0) return
  say(`${command} ${args.join(" ")} failed${error === undefined ? "" : `: ${error.message}`}`)
  process.exit(1)
}

const versionOf = (program) => spawnSync(program, ["--version"], { encoding: "utf8" }).stdout?.trim() ?? ""

/** Does nothing where all is there already. */
export const install = () => {
  if (Number(process.versions.node.split(".")[0]) < 20) {
    say(`needs Node 20 or newer to start; this is ${process.version}`)
    process.exit(1)
  }
  if (isInstalled()) return
  const startedAt = Date.now()
  const count = Object.keys(packagesOf("package-lock.json") ?? {}).length - 1
  say(`installing the locked packages (up to ${count}, about 300 MB), once`)
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"])
  if (!versionOf(node).startsWith(`v${majorNeeded}.`)) {
    // npm may be set to run no install scripts; this one's only work is to fetch the Node of this platform.
    run(process.execPath, ["installArchSpecificPackage.js"], join(root, "node_modules", "node"))
  }
  say(`installed in ${seconds(startedAt)}`)
}
