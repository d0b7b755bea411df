/** What the kernel counts for a process: CPU time of all its threads, living and ended, and memory. Linux only. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

let ticksPerSecond: number | undefined

const millisPerTick = (): number => {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }))
  return 1000 / ticksPerSecond
}

/** The fields of `/proc/PID/stat` from the third on. The name before them, in brackets, may hold blanks and brackets. */
const fieldsOf = (stat: string): ReadonlyArray<string> => stat.slice(stat.lastIndexOf(")") + 2).split(" ")

const sum = (fields: ReadonlyArray<string>): number => fields.reduce((total, field) => total + Number(field), 0)

/** utime + stime, in ticks. */
export const ticksOf = (stat: string): number => sum(fieldsOf(stat).slice(11, 13))

/** The same with all children that have ended: cutime, cstime. */
export const familyTicksOf = (stat: string): number => sum(fieldsOf(stat).slice(11, 15))

/** `cpu  user nice system idle iowait irq softirq steal …` of `/proc/stat`: ticks in which some core worked. */
export const busyTicksOf = (stat: string): number => {
  const [user, nice, system, , , irq, softirq, steal] = stat.slice(0, stat.indexOf("\n")).trim().split(/\s+/).slice(1)
  return sum([user!, nice!, system!, irq!, softirq!, steal!])
}

export interface MachineUse {
  /** CPU seconds of everything but this process and its ended children. */
  readonly othersSeconds: () => number
}

export const machineUse = (): MachineUse => {
  const look = () => busyTicksOf(readFileSync("/proc/stat", "utf8")) - familyTicksOf(readFileSync("/proc/self/stat", "utf8"))
  const before = look()
  return { othersSeconds: () => (look() - before) * millisPerTick() / 1000 }
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
