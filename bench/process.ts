/** Programs that run beside the bench: what they say, what they take, and their end. */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { cpuMillis, residentMb } from "./procfs.ts"
import type { CpuMillis } from "./procfs.ts"

/** Nothing of the caller's own settings leaks in. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(KILONOVA_|OS_|OTEL_|NODE_)/.test(name)))

/** A program that runs until it is told to stop: a cloud in one process, a part of a cluster, a store. */
export interface Process {
  readonly pid: number
  readonly spawnedAt: number
  readonly isRunning: () => boolean
  /** Resolves when standard output holds this; fails when the process ends without. */
  readonly says: (pattern: RegExp) => Promise<void>
  /** All of standard output, and the last words on standard error. */
  readonly output: () => string
  readonly cpu: () => CpuMillis
  readonly residentMb: () => number
  /** Waits for its end. */
  readonly stop: (signal: NodeJS.Signals) => Promise<void>
}

export interface LaunchOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** `running` holds it until it has ended. */
export const launch = (
  running: Set<ChildProcess>,
  [program, ...args]: readonly [string, ...ReadonlyArray<string>],
  options: LaunchOptions
): Process => {
  const spawnedAt = performance.now()
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...environment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  running.add(child)
  let stdout = ""
  let stderr = ""
  child.stdout!.setEncoding("utf8").on("data", (text: string) => stdout += text)
  // The last words only: a cloud that complains per request must not fill the bench's memory.
  child.stderr!.setEncoding("utf8").on("data", (text: string) => stderr = (stderr + text).slice(-8000))
  child.on("error", (error) => stderr += `${program} cannot be run: ${error.message}`)
  const output = () => stdout + stderr
  const ended = new Promise<void>((done) => child.on("close", (code) => {
    running.delete(child)
    // Whoever waits for it hears of a connection that broke: this says why.
    if (code !== null && code !== 0) console.error(`bench: ${program} ended by itself (${code}); it said:\n${output().slice(-2000)}`)
    done()
  }))
  return {
    pid: child.pid ?? 0,
    spawnedAt,
    isRunning: () => running.has(child),
    output,
    says: (pattern) =>
      new Promise((done, fail) => {
        const look = () => pattern.test(stdout) ? done() : undefined
        child.stdout!.on("data", look)
        child.on("close", () => fail(new Error(`${program} ended; it said:\n${output().slice(-4000)}`)))
        look()
      }),
    cpu: () => cpuMillis(child.pid!),
    residentMb: () => residentMb(child.pid!),
    stop: async (signal) => {
      child.kill(signal)
      await ended
    }
  }
}
