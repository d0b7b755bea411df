import type { Event } from "./Agenda.ts"

/** The tasks of one dispatcher, in the order effect would run them. */
export class Lane {
  readonly process: Process
  readonly tasks: Array<{ readonly task: () => void; readonly priority: number }> = []
  /** It is among the runnable ones, or on its way there. */
  isListed = false

  constructor(process: Process) {
    this.process = process
  }

  /** Lower priorities first, equal ones as they came. */
  push(task: () => void, priority: number): void {
    let at = this.tasks.length
    while (at > 0 && this.tasks[at - 1]!.priority > priority) at--
    this.tasks.splice(at, 0, { task, priority })
  }
}

/** One start of one program: all that dies together. */
export class Process {
  readonly name: string
  readonly number: number
  isAlive = true
  isFrozen = false
  /** How far its clock is from the true time. */
  skewMillis = 0
  /** Mean time between a task's turn and its run; 0 on a machine that keeps up. */
  lagMillis = 0
  /** How late it hears the store's feed. */
  feedLagMillis = 0
  /** What came to it while it was frozen. */
  readonly parkedLanes: Array<Lane> = []
  readonly parkedEvents: Array<Event> = []

  constructor(name: string, number: number) {
    this.name = name
    this.number = number
  }
}
