/** Clouds in processes of their own, started as a user starts them; none of them, nor their folders, outlives the bench. */
import { spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import { connect } from "./client.ts"
import type { Client } from "./client.ts"
import { launch } from "./process.ts"
import type { LaunchOptions, Process } from "./process.ts"

/** As `npm start` starts it. */
const engineFlags: ReadonlyArray<string> =
  JSON.parse(readFileSync(resolve(import.meta.dirname, "../cluster/engine.json"), "utf8")).flags

export const password = "correct horse battery staple"

const startMillisMax = 300_000
const healthPollMillis = 2
const clientWidth = 256

export interface Cloud extends Process {
  readonly url: string
  readonly client: Client
  /** From the start of the process. */
  readonly healthyMillis: number
  /** Until it has said that it is ready, the demo's data seeded. */
  readonly ready: Promise<void>
}

export interface StartOptions {
  readonly hosts: number
  /** Kept; without one a fresh folder is taken. */
  readonly dataDir?: string
  readonly nodeArgs?: ReadonlyArray<string>
}

export interface Clouds {
  /** A cloud in one process. */
  readonly start: (options: StartOptions) => Promise<Cloud>
  /** Any program, for as long as the part runs. */
  readonly launch: (command: readonly [string, ...ReadonlyArray<string>], options: LaunchOptions) => Process
  /** A command of the bundle, as `npm start` runs it. */
  readonly kilonova: (args: ReadonlyArray<string>, options: LaunchOptions, nodeArgs?: ReadonlyArray<string>) => Process
  readonly serve: (process: Process, url: string) => Promise<Cloud>
  readonly freePort: () => Promise<number>
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

const healthy = async (client: Client, isRunning: () => boolean): Promise<void> => {
  const deadline = performance.now() + startMillisMax
  while (isRunning() && performance.now() < deadline) {
    const status = await client.send("GET", "/healthz").then((answer) => answer.status, () => 0)
    if (status === 200) return
    await new Promise((wake) => setTimeout(wake, healthPollMillis))
  }
  throw new Error(isRunning() ? `no /healthz within ${startMillisMax / 1000} s` : "the cloud ended before it was ready")
}

/** A client of a process that will serve `url`; answers once its /healthz does. */
const serve = async (process: Process, url: string): Promise<Cloud> => {
  const ready = process.says(/^Kilonova .* ready at/m)
  ready.catch(() => undefined)
  const client = connect(url, { width: clientWidth })
  await healthy(client, process.isRunning).catch((error: Error) => {
    throw new Error(`${error.message}; it said:\n${process.output().slice(-4000)}`)
  })
  return {
    ...process,
    url,
    client,
    healthyMillis: performance.now() - process.spawnedAt,
    ready,
    stop: async (signal) => {
      client.close()
      await process.stop(signal)
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
      const kilonova = (args: ReadonlyArray<string>, options: LaunchOptions, nodeArgs: ReadonlyArray<string> = []) =>
        launch(running, [process.execPath, ...engineFlags, ...nodeArgs, join(dist, "kilonova.mjs"), ...args], options)
      return {
        freshFolder,
        freePort,
        serve,
        launch: (command, options) => launch(running, command, options),
        kilonova,
        start: async ({ dataDir = freshFolder(), hosts, nodeArgs }) => {
          const port = await freePort()
          const args = ["--port", `${port}`, "--hosts", `${hosts}`, "--data-dir", dataDir, "--admin-password", password]
          return await serve(kilonova(args, { cwd: dataDir }, nodeArgs), `http://127.0.0.1:${port}`)
        },
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
