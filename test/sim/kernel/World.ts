import { Agenda } from "./Agenda.ts"
import type { Event } from "./Agenda.ts"
import { Lane, Process } from "./Process.ts"
import { Prng } from "./prng.ts"
import { Trace } from "./Trace.ts"

/** How the next task is chosen: as they came, any fiber's next one, or any task at all. */
const policies = ["fifo", "fibers", "fibers", "tasks"] as const

/** 2030-01-01: later than any date in the sources. */
const startMillis = 1_893_456_000_000

/**
 * The only thing that moves time or runs tasks. Everything is done in one synchronous loop, so nothing outside of it
 * (a real timer, a promise) can take part.
 */
export class World {
  readonly seed: number
  readonly trace = new Trace()
  readonly policy: (typeof policies)[number]
  nowMillis = startMillis
  readonly #agenda = new Agenda()
  readonly #runnable: Array<Lane> = []
  readonly #choice: Prng
  readonly #yields: Prng
  readonly #opsPerYield: number
  #opsLeft: number
  #order = 0
  #processes = 0

  constructor(seed: number) {
    this.seed = seed
    this.#choice = this.prng("schedule")
    this.#yields = this.prng("yields")
    this.policy = this.#choice.pick(policies)
    this.#opsPerYield = this.#choice.pick([30, 200, 1_000, 2_048])
    this.#opsLeft = this.#opsPerYield
  }

  prng(purpose: string): Prng {
    return new Prng(this.seed, purpose)
  }

  /** Since the beginning. */
  get elapsedMillis(): number {
    return this.nowMillis - startMillis
  }

  process(name: string): Process {
    return new Process(name, ++this.#processes)
  }

  /** Calls it back after a while; the answer calls it off. */
  after(delayMillis: number, owner: Process | null, run: () => void): () => void {
    const event: Event = { atMillis: this.nowMillis + Math.max(0, delayMillis), order: ++this.#order, owner, run }
    this.#agenda.add(event)
    return () => { event.run = null }
  }

  lane(process: Process): Lane {
    return new Lane(process)
  }

  schedule(lane: Lane, task: () => void, priority: number): void {
    const { process } = lane
    if (!process.isAlive) return
    lane.push(task, priority)
    if (lane.isListed) return
    lane.isListed = true
    if (process.lagMillis === 0) this.#list(lane)
    else this.after(this.#choice.exponential(process.lagMillis), process, () => this.#list(lane))
  }

  /** Fibers are interrupted in their run at places that the seed decides, not only after their budget. */
  shouldYield(): boolean {
    if (--this.#opsLeft > 0) return false
    this.#opsLeft = 1 + this.#yields.int(2 * this.#opsPerYield)
    return true
  }

  kill(process: Process): void {
    process.isAlive = false
    this.trace.mark(`kill ${process.name}`)
    for (let at = this.#runnable.length - 1; at >= 0; at--) {
      if (this.#runnable[at]!.process === process) this.#unlist(at)
    }
    process.parkedLanes.length = 0
    process.parkedEvents.length = 0
  }

  freeze(process: Process): void {
    process.isFrozen = true
    for (let at = this.#runnable.length - 1; at >= 0; at--) {
      if (this.#runnable[at]!.process === process) process.parkedLanes.push(this.#unlist(at))
    }
  }

  thaw(process: Process): void {
    process.isFrozen = false
    if (!process.isAlive) return
    this.#runnable.push(...process.parkedLanes.splice(0))
    for (const { run } of process.parkedEvents.splice(0)) if (run !== null) this.after(0, process, run)
  }

  /** Runs one task, or, when none is left, what comes next in time. False: nothing will ever happen again. */
  step(): boolean {
    const count = this.#runnable.length
    if (count > 0) {
      // Tasks take time: now and then the world goes on before all of them are done.
      const isLate = this.#choice.chance(0.01) && (this.#agenda.next?.atMillis ?? Infinity) < this.nowMillis + 1
      if (!isLate) {
        this.#runOne(this.policy === "fifo" ? 0 : this.#choice.int(count))
        return true
      }
    }
    return this.#happen()
  }

  /** Until the time, or until `isDone` says so after a step. */
  run(untilMillis: number, isDone: () => boolean = () => false): void {
    while (!isDone()) {
      if (this.#runnable.length === 0 && (this.#agenda.next?.atMillis ?? Infinity) > untilMillis) break
      if (!this.step()) break
    }
    if (this.nowMillis < untilMillis && !isDone()) this.nowMillis = untilMillis
  }

  #list(lane: Lane): void {
    if (lane.process.isFrozen) lane.process.parkedLanes.push(lane)
    else this.#runnable.push(lane)
  }

  #unlist(at: number): Lane {
    const lane = this.#runnable[at]!
    // Order matters to the policy "fifo" alone.
    if (this.policy === "fifo") this.#runnable.splice(at, 1)
    else {
      const last = this.#runnable.pop()!
      if (last !== lane) this.#runnable[at] = last
    }
    return lane
  }

  #runOne(at: number): void {
    const lane = this.#runnable[at]!
    const place = this.policy === "tasks" ? this.#choice.int(lane.tasks.length) : 0
    const [chosen] = lane.tasks.splice(place, 1)
    this.#unlist(at)
    this.trace.chose(lane.process.number, at * 8 + place)
    if (lane.tasks.length === 0) lane.isListed = false
    else this.#runnable.push(lane)
    chosen!.task()
  }

  #happen(): boolean {
    const event = this.#agenda.take()
    if (event === undefined) return false
    const { owner, run } = event
    if (event.atMillis > this.nowMillis) this.nowMillis = event.atMillis
    if (run === null || owner?.isAlive === false) return true
    if (owner?.isFrozen === true) owner.parkedEvents.push(event)
    else {
      this.trace.mark(this.nowMillis * 16)
      run()
    }
    return true
  }
}
