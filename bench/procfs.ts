/** What the kernel counts for a process: CPU time of all its threads, living and ended, and memory. Linux only. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

let ticksPerSecond: number | undefined

const millisPerTick = (): number => {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }))
  return 1000 / ticksPerSecond
}

/** utime + stime of `/proc/PID/stat`, in ticks. The name in brackets may hold blanks and brackets. */
export const ticksOf = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return Number(fields[11]) + Number(fields[12])
}

/** `VmRSS:	   81234 kB` of `/proc/PID/status`, in MB (10⁶ bytes). */
export const residentMbOf = (status: string): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024 / 1e6

/** By thread: `rest` is V8's collectors and compilers, and libuv's pool. */
export interface CpuMillis {
  readonly all: number
  readonly main: number
  readonly journal: number
  readonly rest: number
}

/** The kernel cuts names of threads to 15 characters. */
const journalThread = "kilonova-journa"

/** Since its start. A cloud in one process has no children to add. */
export const cpuMillis = (pid: number): CpuMillis => {
  const millis = (file: string) => ticksOf(readFileSync(file, "utf8")) * millisPerTick()
  const tasks = `/proc/${pid}/task`
  const journalTask = readdirSync(tasks).find((task) => readFileSync(`${tasks}/${task}/comm`, "utf8").trim() === journalThread)
  const all = millis(`/proc/${pid}/stat`)
  const main = millis(`${tasks}/${pid}/stat`)
  const journal = journalTask === undefined ? 0 : millis(`${tasks}/${journalTask}/stat`)
  return { all, main, journal, rest: all - main - journal }
}

export const residentMb = (pid: number): number => residentMbOf(readFileSync(`/proc/${pid}/status`, "utf8"))
