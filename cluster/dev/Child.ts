/** A process that is started again whenever it ends, until it is told to stop. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { lines, type Print } from "./output.ts"

export interface Command {
  readonly name: string
  readonly args: readonly [program: string, ...args: ReadonlyArray<string>]
  readonly env?: Readonly<Record<string, string>>
  /** Written to its standard input. */
  readonly input?: string
  readonly print: Print
  /** Sees each line first; true: it is not printed. */
  readonly onLine?: (line: string) => boolean
}

export interface Child {
  readonly name: string
  readonly pid: () => number | undefined
  /** How often it has ended without being told to. */
  readonly ends: () => number
  /** SIGTERM, then SIGKILL for what does not end in time. */
  readonly stop: () => Promise<void>
  /** At once, and for good. */
  readonly kill: () => void
}

const backoffMillis = 500
const backoffMillisMax = 10_000
/** After a life as long as this, the next wait is short again. */
const healthyMillis = 10_000
const stopMillis = 20_000

/** So that no child outlives us, whatever ends us; where the system has no such thing, an orderly stop must do. */
const tied: ReadonlyArray<string> = spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0
  ? ["setpriv", "--pdeathsig", "KILL"]
  : []

const launch = ({ args, env, input, onLine, print }: Command): ChildProcess => {
  const [program, ...rest] = [...tied, ...args]
  // A group of its own: Ctrl-C is for us, and we stop them in order.
  const child = spawn(program!, rest, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"], detached: true })
  child.stdin?.on("error", () => undefined).end(input)
  for (const stream of [child.stdout, child.stderr]) {
    const split = lines((line) => onLine?.(line) === true || print(line))
    stream?.setEncoding("utf8").on("data", split.push).on("end", split.end)
  }
  return child
}

/** `onEnd` is told of each unexpected end. */
export const start = (command: Command, onEnd: (child: Child) => void = () => undefined): Child => {
  let current: ChildProcess | undefined
  let waiting: NodeJS.Timeout | undefined
  let isStopping = false
  let ends = 0
  let wait = backoffMillis

  const run = () => {
    const startedAt = performance.now()
    const child = launch(command)
    current = child
    const ended = (reason: string) => {
      if (current !== child) return
      current = undefined
      if (isStopping) return
      ends += 1
      if (performance.now() - startedAt > healthyMillis) wait = backoffMillis
      command.print(`ended (${reason}); starts again in ${wait / 1000} s`)
      waiting = setTimeout(again, wait)
      wait = Math.min(wait * 2, backoffMillisMax)
      onEnd(self)
    }
    child.on("error", (error) => ended(error.message))
    child.on("close", (code, signal) => ended(signal ?? `exit code ${code}`))
  }
  const again = () => {
    run()
    command.print(`started again as process ${current?.pid}`)
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      isStopping = true
      clearTimeout(waiting)
      const child = current
      if (child === undefined) return resolve()
      const late = setTimeout(() => child.kill("SIGKILL"), stopMillis)
      child.once("close", () => {
        clearTimeout(late)
        resolve()
      })
      return child.kill("SIGTERM")
    })
  const kill = () => {
    isStopping = true
    clearTimeout(waiting)
    current?.kill("SIGKILL")
  }
  const self: Child = { name: command.name, pid: () => current?.pid, ends: () => ends, stop, kill }
  run()
  return self
}
