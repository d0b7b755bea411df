import type { DomainEvent, DomainSpec, DomainStatus, Inventory } from "../../../src/drivers/Driver.ts"
import type { Guest, Move } from "../../../src/drivers/simulated/guest.ts"
import { born, move } from "../../../src/drivers/simulated/guest.ts"
import type { Broken } from "../check/FeedCheck.ts"
import type { Prng } from "../kernel/prng.ts"
import type { World } from "../kernel/World.ts"
import type { End, Network } from "../network/Network.ts"

/** One driver call as it travels. `epoch` null: a question. */
export interface HypervisorCall {
  readonly number: number
  readonly operation: Move | Migrating | "spawn" | "destroy" | "list" | "inventory" | "consoleLog"
  readonly id: string | null
  readonly spec: DomainSpec | null
  readonly epoch: number | null
  /** The other host of a move. */
  readonly target?: string
  readonly power?: "running" | "paused"
}
type Migrating =
  | "prepareMigration" | "performMigration" | "finishMigration" | "confirmMigration" | "abortMigration" | "forceMigration"

export type HypervisorReply =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: string; readonly isRetryable: boolean }
  | { readonly event: DomainEvent }

export interface Temper {
  /** Mean time of a call. */
  latencyMillis: number
  /** A call fails; half of those had done their work before. */
  failRate: number
  /** A call is never answered; half of those do their work all the same. */
  hangRate: number
  slowRate: number
  slowMillis: number
}

/** How large every simulated host is: small enough to be fought over. */
export const hostSize = { vcpus: 4, memoryMb: 16_384 + 512, diskGb: 200 } as const

const inventoryOf = (name: string): Inventory => ({
  hypervisorType: "SIM", hypervisorVersion: 1, hypervisorHostname: name, hostIp: "192.0.2.1", cpuModel: "sim",
  cpuArch: "x86_64", ...hostSize,
  numa: [{ id: 0, cpus: [0, 1, 2, 3], memoryMb: hostSize.memoryMb, pages: [] }],
  cores: [0, 1, 2, 3].map((cpu) => ({ socket: 0, cpus: [cpu] })), traits: []
})

/** A host's machine, outside of all runners: it outlives them, and remembers every guest it ever started. */
export class Hypervisor {
  readonly name: string
  readonly guests = new Map<string, Guest>()
  /** When each guest came and went, in milliseconds from the beginning. */
  readonly history: Array<{ readonly atMillis: number; readonly id: string; readonly what: string }> = []
  readonly temper: Temper = { latencyMillis: 5, failRate: 0, hangRate: 0, slowRate: 0, slowMillis: 20_000 }
  readonly broken: Array<Broken> = []
  isUp = true
  epoch = 0
  /** The newest under which something was done: kept apart from what the rule above rests on. */
  #doneUnder = 0
  readonly #world: World
  readonly #network: Network
  readonly #prng: Prng
  readonly #ends = new Set<End>()
  /** The other machines: a guest goes to one of them without asking any runner. */
  readonly #peerOf: (name: string) => Hypervisor | undefined

  constructor(world: World, network: Network, name: string, peerOf: (name: string) => Hypervisor | undefined) {
    this.#peerOf = peerOf
    this.#world = world
    this.#network = network
    this.#prng = world.prng(`hypervisor ${name}`)
    this.name = name
    this.#listen()
  }

  /** The machine loses its power: its guests with it. */
  crash(): void {
    this.isUp = false
    this.#network.unlisten(this.name)
    this.#network.breakLinks((a, b) => a === this.name || b === this.name)
    this.#ends.clear()
    for (const guest of [...this.guests.values()]) this.guests.set(guest.id, { ...guest, power: "shutdown" })
    this.#note("*", "power lost")
  }

  restart(): void {
    this.isUp = true
    this.#listen()
  }

  /** A guest stops by itself. */
  guestStops(): void {
    const running = [...this.guests.values()].filter(({ power }) => power === "running")
    if (running.length === 0) return
    const guest = this.#prng.pick(running)
    this.guests.set(guest.id, { ...guest, power: "shutdown" })
    this.#note(guest.id, "stopped by itself")
    const event: DomainEvent = { id: guest.id, power: "shutdown", reason: "simulated" }
    for (const end of this.#ends) end.send({ event } satisfies HypervisorReply)
  }

  #listen(): void {
    this.#network.listen(this.name, null, (end) => {
      this.#ends.add(end)
      end.onClose = () => this.#ends.delete(end)
      end.onMessage = (message) => this.#receive(end, message as HypervisorCall)
    })
  }

  #receive(end: End, call: HypervisorCall): void {
    const refused = this.#refusal(call)
    if (refused !== undefined) return end.send(refused)
    const { number, operation } = call
    const isChange = call.epoch !== null
    const fate = isChange && this.#prng.chance(this.temper.hangRate) ? "hang"
      : isChange && this.#prng.chance(this.temper.failRate) ? "fail" : "pass"
    const isDone = fate === "pass" || this.#prng.chance(0.5)
    const slow = this.#prng.chance(this.temper.slowRate) ? this.#prng.between(0, this.temper.slowMillis) : 0
    this.#world.after(this.#prng.exponential(this.temper.latencyMillis) + slow, null, () => {
      if (!this.isUp) return
      const reply = this.#refusal(call) ?? (isDone ? this.#act(call) : { number, value: null })
      if (fate === "hang") return
      end.send(fate === "fail"
        ? { number, error: `simulated failure of ${operation}`, isRetryable: this.#prng.chance(0.8) } : reply)
    })
  }

  /** Who lost the shard is refused, before the call and after its time. */
  #refusal({ epoch, number }: HypervisorCall): HypervisorReply | undefined {
    if (epoch === null) return undefined
    if (epoch < this.epoch) {
      return { number, error: `epoch ${epoch} is over: host ${this.name} has seen ${this.epoch}`, isRetryable: false }
    }
    this.epoch = epoch
    return undefined
  }

  #act(call: HypervisorCall): HypervisorReply {
    const { epoch, id, number, operation, spec } = call
    if (epoch !== null && epoch < this.#doneUnder) {
      this.broken.push({ invariant: "hosts obey their newest owner", about: id ?? this.name, detail: `${this.name} did ${operation} under epoch ${epoch} after ${this.#doneUnder}` })
    }
    this.#doneUnder = Math.max(this.#doneUnder, epoch ?? 0)
    const done = (value: unknown = null): HypervisorReply => ({ number, value })
    switch (operation) {
      case "inventory": return done(inventoryOf(this.name))
      case "list": return done([...this.guests.values()].map(({ id, power }): DomainStatus => ({ id, power })))
      case "consoleLog": return done("")
      case "destroy":
        if (this.guests.delete(id!)) this.#note(id!, "destroyed")
        return done()
      case "spawn": {
        const found = this.guests.get(id!)
        if (found === undefined) this.#note(id!, "spawned")
        this.guests.set(id!, found === undefined ? born(spec!) : { ...found, power: "running" })
        return done()
      }
      case "prepareMigration": return done(this.name)
      case "performMigration": return this.#send(call)
      case "finishMigration":
        return this.guests.has(id!) ? done() : { number, error: `host ${this.name} has no domain ${id}`, isRetryable: false }
      case "abortMigration": return done(this.guests.has(id!))
      case "confirmMigration":
      case "forceMigration": return done()
      default: {
        const guest = this.guests.get(id!)
        const next = guest === undefined ? `host ${this.name} has no domain ${id}` : move(guest, operation)
        if (typeof next === "string") return { number, error: next, isRetryable: false }
        this.guests.set(id!, next)
        return done()
      }
    }
  }

  #send({ id, number, target }: HypervisorCall): HypervisorReply {
    const guest = this.guests.get(id!)
    if (guest === undefined) return { number, value: null }
    const peer = this.#peerOf(target ?? "")
    if (peer?.isUp !== true || (guest.power !== "running" && guest.power !== "paused")) {
      return { number, error: `${id} cannot go to ${target}`, isRetryable: true }
    }
    this.guests.delete(id!)
    peer.guests.set(id!, guest)
    this.#note(id!, `went to ${target}`)
    peer.#note(id!, `came from ${this.name}`)
    return { number, value: null }
  }

  #note(id: string, what: string): void {
    this.history.push({ atMillis: Math.floor(this.#world.elapsedMillis), id, what })
    this.#world.trace.mark(`${this.name} ${id} ${what}`)
  }
}
