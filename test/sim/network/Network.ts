import type { Process } from "../kernel/Process.ts"
import type { Prng } from "../kernel/prng.ts"
import type { World } from "../kernel/World.ts"

/** One end of a connection. What is sent at one end arrives at the other in order, or the connection breaks. */
export interface End {
  readonly peer: string
  readonly send: (message: unknown) => void
  readonly close: () => void
  onMessage: (message: unknown) => void
  onClose: () => void
}

/** How bad it is. Rates are per message. */
export interface Weather {
  /** Mean one-way time. */
  latencyMillis: number
  /** A connection breaks at this message: it, and all that is under way with it, may be lost. */
  breakRate: number
  /** The message is late by up to `stallMillis`, and all behind it with it. */
  stallRate: number
  stallMillis: number
}

export const calm: Weather = { latencyMillis: 0.3, breakRate: 0, stallRate: 0, stallMillis: 0 }

interface Side {
  readonly name: string
  /** `null`: no program of ours, but a machine outside. */
  readonly process: Process | null
  lastArrivalMillis: number
}

interface Link {
  isOpen: boolean
  readonly sides: readonly [Side, Side]
  readonly ends: [End, End]
}

type Accept = (end: End, from: string) => void

const retransmitMillis = 200
const connectTimeoutMillis = 1_000
/** A message that cannot be delivered for so long breaks its connection. */
const giveUpMillis = 15_000

/** TCP between named places, as programs see it: ordered, slow, torn. */
export class Network {
  readonly weather: Weather = { ...calm }
  readonly #world: World
  readonly #prng: Prng
  readonly #listeners = new Map<string, { readonly process: Process | null; readonly accept: Accept }>()
  readonly #links = new Set<Link>()
  readonly #cut = new Set<string>()
  sent = 0

  constructor(world: World) {
    this.#world = world
    this.#prng = world.prng("network")
  }

  /** Nothing passes between the two any more; connections stay open until somebody gives up. */
  cut(a: string, b: string): void {
    this.#cut.add([a, b].sort().join("|"))
    this.#world.trace.mark(`cut ${a} ${b}`)
  }

  mend(a: string, b: string): void {
    this.#cut.delete([a, b].sort().join("|"))
  }

  isCut(a: string, b: string): boolean {
    return this.#cut.has([a, b].sort().join("|"))
  }

  listen(name: string, process: Process | null, accept: Accept): void {
    this.#listeners.set(name, { process, accept })
  }

  unlisten(name: string): void {
    this.#listeners.delete(name)
  }

  /** Answers the near end, or `null` when nobody listens there or the way is cut. */
  connect(from: string, process: Process | null, to: string, done: (end: End | null) => void): void {
    const isCut = this.isCut(from, to)
    this.#world.after(isCut ? connectTimeoutMillis : 2 * this.#latency(), process, () => {
      const listener = this.#listeners.get(to)
      if (isCut || this.isCut(from, to) || listener === undefined || listener.process?.isAlive === false) return done(null)
      const link = this.#link({ name: from, process, lastArrivalMillis: 0 }, { name: to, process: listener.process, lastArrivalMillis: 0 })
      done(link.ends[0])
      this.#world.after(0, listener.process, () => listener.accept(link.ends[1], from))
    })
  }

  /** A process is gone. `isSilent`: its machine with it, so that nobody is told. */
  died(process: Process, isSilent: boolean): void {
    for (const [name, listener] of [...this.#listeners]) if (listener.process === process) this.#listeners.delete(name)
    for (const link of [...this.#links]) {
      if (link.sides.some((side) => side.process === process)) {
        if (isSilent) this.#world.after(giveUpMillis, null, () => this.#break(link))
        else this.#break(link)
      }
    }
  }

  /** Breaks connections between two places, or all of a place. */
  breakLinks(isHit: (a: string, b: string) => boolean): void {
    for (const link of [...this.#links]) if (isHit(link.sides[0].name, link.sides[1].name)) this.#break(link)
  }

  #latency(): number {
    return 0.05 + this.#prng.exponential(this.weather.latencyMillis)
  }

  #link(near: Side, far: Side): Link {
    const end = (at: 0 | 1): End => ({
      peer: link.sides[1 - at]!.name,
      send: (message) => this.#send(link, at, message),
      close: () => this.#break(link),
      onMessage: () => undefined,
      onClose: () => undefined
    })
    const link: Link = { isOpen: true, sides: [near, far], ends: [] as unknown as [End, End] }
    link.ends.push(end(0), end(1))
    this.#links.add(link)
    return link
  }

  #send(link: Link, from: 0 | 1, message: unknown): void {
    if (!link.isOpen) return
    const to = link.sides[1 - from]!
    this.sent++
    if (this.#prng.chance(this.weather.breakRate)) {
      // Whether this message still arrives is chance.
      if (this.#prng.chance(0.5)) this.#deliver(link, from, message, this.#world.nowMillis)
      this.#world.after(this.#latency(), null, () => this.#break(link))
      return
    }
    const stall = this.#prng.chance(this.weather.stallRate) ? this.#prng.between(0, this.weather.stallMillis) : 0
    const arrival = Math.max(to.lastArrivalMillis, this.#world.nowMillis + this.#latency() + stall)
    to.lastArrivalMillis = arrival
    this.#world.after(arrival - this.#world.nowMillis, null, () => this.#deliver(link, from, message, this.#world.nowMillis))
  }

  #deliver(link: Link, from: 0 | 1, message: unknown, sinceMillis: number): void {
    const [near, far] = [link.sides[from]!, link.sides[1 - from]!]
    if (!link.isOpen) return
    if (this.isCut(near.name, far.name) || far.process?.isAlive === false) {
      if (this.#world.nowMillis - sinceMillis > giveUpMillis) return this.#break(link)
      far.lastArrivalMillis = Math.max(far.lastArrivalMillis, this.#world.nowMillis + retransmitMillis)
      this.#world.after(retransmitMillis, null, () => this.#deliver(link, from, message, sinceMillis))
      return
    }
    this.#world.trace.mark(far.name)
    const end = link.ends[1 - from]!
    // To a frozen process it comes when that goes on.
    this.#world.after(0, far.process, () => { if (link.isOpen) end.onMessage(message) })
  }

  /** Each end hears of it on its own, where a way leads there. */
  #break(link: Link): void {
    if (!link.isOpen) return
    link.isOpen = false
    this.#links.delete(link)
    for (const at of [0, 1] as const) {
      this.#world.after(this.#latency(), link.sides[at].process, () => link.ends[at].onClose())
    }
  }
}
