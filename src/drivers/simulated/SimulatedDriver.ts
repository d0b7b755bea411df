import { Deferred, Effect, Stream } from "effect"
import type { Duration } from "effect"
import { DriverError } from "../Driver.ts"
import type { Call, Capabilities, DomainEvent, DomainSpec, DomainStatus, Driver, Inventory, MigrationOptions, PowerState } from "../Driver.ts"
import type { CallFacts, Operation, Rules } from "./Faults.ts"
import { born, consoleText, deviceInUse, move, survivor } from "./guest.ts"
import type { Guest, Move } from "./guest.ts"

/** What the hosts of one fleet have in common. */
export interface World {
  readonly rules: Rules
  /** Milliseconds of each call that is not instant. */
  readonly latency: { readonly [operation in Operation]?: number }
  /** Of a live migration. */
  readonly copyMillisPerGib: number
  readonly survivors: (hostname: string) => Iterable<DomainStatus>
  readonly emit: (hostname: string, event: DomainEvent) => void
  readonly eventsOf: (hostname: string) => Stream.Stream<DomainEvent>
  /** Another host of the same world. */
  readonly peer: (hostname: string) => SimulatedDriver | undefined
}

const capabilities: Capabilities = { pause: true, suspend: true, consoleLog: true, liveMigration: true, coldMigration: true }

/** One host that exists only here: guests are entries of a table, calls are instant unless the fleet says otherwise. */
export class SimulatedDriver implements Driver {
  readonly hostname: string
  private readonly world: World
  private readonly hardware: Inventory
  private guests: Map<string, Guest> | undefined
  /** Guests that are to come. */
  private readonly awaited = new Set<string>()
  /** Guests that are being sent; done: they are to stand still and go at once. */
  private readonly sending = new Map<string, Deferred.Deferred<void>>()
  private epoch = 0
  isLost = false

  constructor(inventory: Inventory, world: World) {
    this.hostname = inventory.hypervisorHostname
    this.hardware = inventory
    this.world = world
  }

  get capabilities(): Capabilities {
    return capabilities
  }

  get inventory(): Effect.Effect<Inventory, DriverError> {
    return this.perform("inventory", {}, null, () => Effect.succeed(this.hardware))
  }

  get list(): Effect.Effect<ReadonlyArray<DomainStatus>, DriverError> {
    return this.perform("list", {}, null, () =>
      Effect.succeed([...this.known().values()].map(({ id, power }) => ({ id, power }))))
  }

  get events(): Stream.Stream<DomainEvent> {
    return this.world.eventsOf(this.hostname)
  }

  /** A guest that is there already is the work of an earlier try; one that was never started is started. */
  spawn(spec: DomainSpec, call: Call): Effect.Effect<void, DriverError> {
    return this.perform("spawn", { id: spec.id, name: spec.displayName }, call, () => {
      const found = this.known().get(spec.id)
      if (found === undefined) return this.run("spawn", born(spec))
      else if (found.power !== "running") return this.move("powerOn", "spawn", spec.id, spec)
      return Effect.void
    })
  }

  powerOn(spec: DomainSpec, call: Call): Effect.Effect<void, DriverError> {
    return this.change("powerOn", spec.id, call, spec)
  }

  /** Simulated guests stop as soon as they are asked, so the grace is never used. */
  powerOff(id: string, _grace: Duration.Duration, call: Call): Effect.Effect<void, DriverError> {
    return this.change("powerOff", id, call)
  }

  reboot(spec: DomainSpec, _kind: "soft" | "hard", call: Call): Effect.Effect<void, DriverError> {
    return this.change("reboot", spec.id, call, spec)
  }

  pause(id: string, call: Call): Effect.Effect<void, DriverError> {
    return this.change("pause", id, call)
  }

  unpause(id: string, call: Call): Effect.Effect<void, DriverError> {
    return this.change("unpause", id, call)
  }

  suspend(id: string, call: Call): Effect.Effect<void, DriverError> {
    return this.change("suspend", id, call)
  }

  resume(spec: DomainSpec, call: Call): Effect.Effect<void, DriverError> {
    return this.change("resume", spec.id, call, spec)
  }

  destroy(id: string, call: Call): Effect.Effect<void, DriverError> {
    return this.perform("destroy", { id }, call, () => {
      this.known().delete(id)
      this.awaited.delete(id)
      return Effect.void
    })
  }

  prepareMigration(spec: DomainSpec, _copiesDisks: boolean | null, call: Call): Effect.Effect<string, DriverError> {
    return this.perform("prepareMigration", { id: spec.id, name: spec.displayName }, call, () => {
      this.awaited.add(spec.id)
      return Effect.succeed(this.hostname)
    })
  }

  /** Takes as long as its memory takes to copy, unless it is forced. */
  performMigration(spec: DomainSpec, { target }: MigrationOptions, call: Call): Effect.Effect<void, DriverError> {
    const { id } = spec
    return Effect.suspend(() => {
      const forced = Deferred.makeUnsafe<void>()
      this.sending.set(id, forced)
      const copyMillis = (this.world.copyMillisPerGib * spec.memoryMb) / 1024
      const copied = copyMillis === 0 ? undefined : Effect.raceFirst(Effect.sleep(copyMillis), Deferred.await(forced))
      return this.perform("performMigration", { id, name: spec.displayName }, call, () => this.send(id, target), copied).pipe(
        Effect.ensuring(Effect.sync(() => this.sending.delete(id)))
      )
    })
  }

  finishMigration(spec: DomainSpec, power: "running" | "paused", call: Call): Effect.Effect<void, DriverError> {
    return this.perform("finishMigration", { id: spec.id, name: spec.displayName }, call, () => {
      const guest = this.known().get(spec.id)
      if (guest === undefined && !this.awaited.has(spec.id)) return this.unknown("finishMigration", spec.id)
      this.awaited.delete(spec.id)
      if (guest === undefined) this.known().set(spec.id, { ...born(spec), power })
      return Effect.void
    })
  }

  confirmMigration(id: string, target: string, call: Call): Effect.Effect<void, DriverError> {
    return this.perform("confirmMigration", { id }, call, () => {
      if (this.world.peer(target) === undefined) this.known().delete(id)
      return Effect.void
    })
  }

  abortMigration(id: string, call: Call): Effect.Effect<boolean, DriverError> {
    return this.perform("abortMigration", { id }, call, () => {
      this.awaited.delete(id)
      return Effect.succeed(this.known().has(id))
    })
  }

  forceMigration(id: string, call: Call): Effect.Effect<void, DriverError> {
    return this.perform("forceMigration", { id }, call, () => {
      const forced = this.sending.get(id)
      return forced === undefined
        ? this.fail("forceMigration", `host ${this.hostname} is not sending ${id}`, false)
        : Effect.asVoid(Deferred.succeed(forced, undefined))
    })
  }

  private send(id: string, target: string): Effect.Effect<void, DriverError> {
    const guest = this.known().get(id)
    if (guest === undefined) return Effect.void
    if (guest.power !== "running" && guest.power !== "paused") {
      return this.fail("performMigration", `cannot move ${id}: the domain is ${guest.power}`, false)
    }
    const peer = this.world.peer(target)
    // Where the destination is of another world, the guest is here until it is made there, and that is confirmed.
    if (peer === undefined) return Effect.void
    if (peer.isLost) return this.fail("performMigration", `host ${target} does not answer`, true)
    peer.arrive(guest)
    this.known().delete(id)
    return Effect.void
  }

  /** From the host that sends it. */
  private arrive(guest: Guest): void {
    this.awaited.delete(guest.id)
    this.known().set(guest.id, guest)
  }

  consoleLog(id: string): Effect.Effect<string, DriverError> {
    return this.perform("consoleLog", { id }, null, () => {
      const guest = this.known().get(id)
      return guest === undefined ? this.unknown("consoleLog", id) : Effect.succeed(consoleText(guest))
    })
  }

  /** From within the guest, or from below it: nobody called. A lost host tells nobody. */
  changePower(id: string, power: PowerState, reason: string): boolean {
    const guest = this.known().get(id)
    if (guest === undefined) return false
    this.known().set(id, { ...guest, power })
    if (!this.isLost) this.world.emit(this.hostname, { id, power, reason })
    return true
  }

  /** The machine had no power meanwhile: its guests are off, and it tells so once it is back. */
  reboots(): void {
    for (const { id, power } of [...this.known().values()]) {
      if (power !== "shutdown") this.changePower(id, "shutdown", "host rebooted")
    }
  }

  private known(): Map<string, Guest> {
    return this.guests ??= new Map(
      [...this.world.survivors(this.hostname)].map(({ id, power }) => [id, survivor(id, power)])
    )
  }

  private change(operation: Move, id: string, call: Call, spec?: DomainSpec): Effect.Effect<void, DriverError> {
    return this.perform(operation, { id, name: spec?.displayName }, call, () => this.move(operation, operation, id, spec))
  }

  /** A call that brings the server's description brings it up to date, too. */
  private move(name: Move, operation: Operation, id: string, spec?: DomainSpec): Effect.Effect<void, DriverError> {
    const guest = this.known().get(id)
    if (guest === undefined) return this.unknown(operation, id)
    const next = move(spec === undefined ? guest : { ...born(spec), power: guest.power, boots: guest.boots }, name)
    if (typeof next === "string") return this.fail(operation, `cannot ${name} ${id}: ${next}`, false)
    return next.power === "running" ? this.run(operation, next) : Effect.sync(() => void this.known().set(id, next))
  }

  private run(operation: Operation, guest: Guest): Effect.Effect<void, DriverError> {
    const problem = deviceInUse(guest, this.known().values())
    if (problem !== null) return this.fail(operation, `cannot run ${guest.id}: ${problem}`, true)
    this.known().set(guest.id, guest)
    return Effect.void
  }

  /** `call` null: a question, which any epoch may ask. */
  private perform<A>(
    operation: Operation,
    about: { readonly id?: string; readonly name?: string | undefined },
    call: Call | null,
    act: () => Effect.Effect<A, DriverError>,
    work: Effect.Effect<void> = Effect.void
  ): Effect.Effect<A, DriverError> {
    return Effect.suspend(() => {
      const refused = this.refusal(operation, call)
      if (refused !== undefined) return refused
      const millis = this.world.latency[operation] ?? 0
      if (millis === 0 && work === Effect.void && this.world.rules.isEmpty) return act()
      const wait = millis === 0 ? work : Effect.andThen(Effect.sleep(millis), work)
      const name = about.name ?? (about.id === undefined ? undefined : this.known().get(about.id)?.displayName)
      return wait.pipe(
        Effect.andThen(this.suffer({ host: this.hostname, operation, id: about.id, name })),
        Effect.andThen(Effect.suspend(() => this.refusal(operation, call) ?? act()))
      )
    })
  }

  private suffer(call: CallFacts): Effect.Effect<void, DriverError> {
    return Effect.suspend(() => {
      const rule = this.world.rules.take(call)
      if (rule === undefined) return Effect.void
      const { cleared, fault } = rule
      if (fault._tag === "Fail") return this.fail(call.operation, fault.message, fault.isRetryable ?? true)
      return fault._tag === "Hang" ? Deferred.await(cleared) : Effect.sleep(fault.duration)
    })
  }

  /** Asked again after every wait: meanwhile the host may be lost, or somebody newer may own it. */
  private refusal(operation: Operation, call: Call | null): Effect.Effect<never, DriverError> | undefined {
    if (this.isLost) return this.fail(operation, `host ${this.hostname} does not answer`, true)
    if (call === null) return undefined
    if (call.epoch < this.epoch) {
      return this.fail(operation, `epoch ${call.epoch} is over: host ${this.hostname} has seen ${this.epoch}`, false)
    }
    this.epoch = call.epoch
    return undefined
  }

  private unknown(operation: Operation, id: string): Effect.Effect<never, DriverError> {
    return this.fail(operation, `host ${this.hostname} has no domain ${id}`, false)
  }

  private fail(operation: Operation, message: string, isRetryable: boolean): Effect.Effect<never, DriverError> {
    return Effect.fail(new DriverError({ operation, message, isRetryable }))
  }
}
