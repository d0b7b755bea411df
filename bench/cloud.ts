/** Clouds in processes of their own, started as a user starts them; none of them, nor their folders, outlives the bench. */
import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import { connect } from "./client.ts"
import type { Client } from "./client.ts"
import { cpuMillis, residentMb } from "./procfs.ts"
import type { CpuMillis } from "./procfs.ts"

/** As `npm start` starts it. */
const engineFlags: ReadonlyArray<string> =
  JSON.parse(readFileSync(resolve(import.meta.dirname, "../cluster/engine.json"), "utf8")).flags

export const password = "correct horse battery staple"

const startMillisMax = 300_000
const healthPollMillis = 2
const clientWidth = 256

export interface Cloud {
  readonly pid: number
  readonly url: string
  readonly client: Client
  /** From the start of the process. */
  readonly healthyMillis: number
  readonly spawnedAt: number
  /** Until it has said that it is ready, the demo's data seeded. */
  readonly ready: Promise<void>
  readonly cpu: () => CpuMillis
  readonly residentMb: () => number
  /** Waits for the end of the process. */
  readonly stop: (signal: NodeJS.Signals) => Promise<void>
}

export interface StartOptions {
  readonly hosts: number
  /** Kept; without one a fresh folder is taken. */
  readonly dataDir?: string
  readonly nodeArgs?: ReadonlyArray<string>
}

export interface Clouds {
  readonly start: (options: StartOptions) => Promise<Cloud>
  readonly freshFolder: () => string
}

const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer().on("error", fail)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })

/** Nothing of the caller's own settings leaks in. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(KILONOVA_|OS_|OTEL_|NODE_)/.test(name)))

const healthy = async (client: Client, isRunning: () => boolean): Promise<void> => {
  const deadline = performance.now() + startMillisMax
  while (isRunning() && performance.now() < deadline) {
    const status = await client.send("GET", "/healthz").then((answer) => answer.status, () => 0)
    if (status === 200) return
    await new Promise((wake) => setTimeout(wake, healthPollMillis))
  }
  throw new Error(isRunning() ? `no /healthz within ${startMillisMax / 1000} s` : "the cloud ended before it was ready")
}

interface Output {
  /** Resolves when standard output holds this; fails when it ends without. */
  readonly says: (pattern: RegExp) => Promise<void>
  readonly all: () => string
}

const listenTo = (child: ChildProcess): Output => {
  let stdout = ""
  let stderr = ""
  child.stdout!.setEncoding("utf8").on("data", (text: string) => stdout += text)
  // The last words only: a cloud that complains per request must not fill the bench's memory.
  child.stderr!.setEncoding("utf8").on("data", (text: string) => stderr = (stderr + text).slice(-8000))
  const all = () => stdout + stderr
  return {
    all,
    says: (pattern) =>
      new Promise((done, fail) => {
        const look = () => pattern.test(stdout) ? done() : undefined
        child.stdout!.on("data", look)
        child.on("close", () => fail(new Error(`the cloud ended; it said:\n${all().slice(-4000)}`)))
        look()
      })
  }
}

const start = async (dist: string, dataDir: string, options: StartOptions, running: Set<ChildProcess>): Promise<Cloud> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = ["--port", `${port}`, "--hosts", `${options.hosts}`, "--data-dir", dataDir, "--admin-password", password]
  const spawnedAt = performance.now()
  const child = spawn(process.execPath, [...engineFlags, ...(options.nodeArgs ?? []), join(dist, "kilonova.mjs"), ...args], {
    cwd: dataDir,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"]
  })
  running.add(child)
  const output = listenTo(child)
  const ended = new Promise<void>((done) => child.on("close", () => done(void running.delete(child))))
  const ready = output.says(/^Kilonova .* ready at/m)
  ready.catch(() => undefined)
  const client = connect(url, { width: clientWidth })
  await healthy(client, () => running.has(child)).catch((error: Error) => {
    throw new Error(`${error.message}; it said:\n${output.all().slice(-4000)}`)
  })
  return {
    pid: child.pid!,
    url,
    client,
    spawnedAt,
    healthyMillis: performance.now() - spawnedAt,
    ready,
    cpu: () => cpuMillis(child.pid!),
    residentMb: () => residentMb(child.pid!),
    stop: async (signal) => {
      client.close()
      child.kill(signal)
      await ended
    }
  }
}

/** The bundle of these sources; made again only where they have changed. */
const build = (root: string): void => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "cluster/build.mjs")], { encoding: "utf8" })
  if (status !== 0) throw new Error(`The bundle cannot be built:\n${stderr}`)
}

export interface Home {
  /** Its clouds are ended when `close` is called. */
  readonly open: () => Clouds & { readonly close: () => void }
  /** Ends every cloud, and waits for it. */
  readonly end: () => Promise<void>
  /** Ends every cloud and leaves nothing behind; for a process's last moment. */
  readonly remove: () => void
}

/** Everything is under `folder`, on the disk to be measured. */
export const makeHome = (folder: string): Home => {
  const root = resolve(import.meta.dirname, "..")
  build(root)
  const home = mkdtempSync(join(folder, "kilonova-bench-"))
  const dist = join(home, "dist")
  // A copy: the sources may change, and be bundled, while this runs.
  cpSync(join(root, "dist"), dist, { recursive: true, filter: (path) => !path.endsWith("/cache") })
  const freshFolder = () => mkdtempSync(join(home, "data-"))
  const all = new Set<Set<ChildProcess>>()
  const kill = (running: Set<ChildProcess>) => running.forEach((child) => child.kill("SIGKILL"))
  const gone = (child: ChildProcess) => new Promise<void>((done) => void child.once("close", () => done()))
  return {
    open: () => {
      const running = new Set<ChildProcess>()
      all.add(running)
      return {
        freshFolder,
        start: (options) => start(dist, options.dataDir ?? freshFolder(), options, running),
        close: () => kill(running)
      }
    },
    end: async () => {
      const ended = [...all].flatMap((running) => [...running].map(gone))
      all.forEach(kill)
      await Promise.all(ended)
    },
    remove: () => {
      all.forEach(kill)
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}
