import { Effect, Layer, Queue, Stream } from "effect"
import type { DomainEvent, DomainSpec, Driver } from "../../../src/drivers/Driver.ts"
import { DriverError, Fleet } from "../../../src/drivers/Driver.ts"
import type { Process } from "../kernel/Process.ts"
import type { World } from "../kernel/World.ts"
import type { End, Network } from "../network/Network.ts"
import type { HypervisorCall, HypervisorReply } from "./Hypervisor.ts"

const reconnectMillis = 1_000
/** A call whose host went silent fails when its connection does; without one, after this. */
const connectMillis = 5_000

type Ask = Omit<HypervisorCall, "number">
type Resume = (effect: Effect.Effect<unknown, DriverError>) => void

/** One runner's way to one hypervisor, held open. */
class Session {
  readonly hostname: string
  isConnected = false
  readonly #world: World
  readonly #network: Network
  readonly #process: Process
  readonly #onEvent: (event: DomainEvent) => void
  #end: End | undefined
  #number = 0
  /** Calls that wait for a connection, with what calls off the end of their patience. */
  readonly #unsent = new Map<() => void, () => void>()
  readonly #waiting = new Map<number, { readonly operation: string; readonly resume: Resume }>()

  constructor(world: World, network: Network, process: Process, hostname: string, onEvent: (event: DomainEvent) => void) {
    this.#world = world
    this.#network = network
    this.#process = process
    this.hostname = hostname
    this.#onEvent = onEvent
    this.#connect()
  }

  ask(call: Ask): Effect.Effect<unknown, DriverError> {
    return Effect.callback((resume) => {
      const number = ++this.#number
      const send = () => {
        this.#waiting.set(number, { operation: call.operation, resume })
        this.#end?.send({ ...call, number } satisfies HypervisorCall)
      }
      let stop = () => {}
      if (this.#end !== undefined) send()
      else {
        stop = this.#world.after(connectMillis, this.#process, () => {
          this.#unsent.delete(send)
          resume(Effect.fail(this.#lost(call.operation)))
        })
        this.#unsent.set(send, stop)
      }
      return Effect.sync(() => {
        stop()
        this.#unsent.delete(send)
        this.#waiting.delete(number)
      })
    })
  }

  #connect(): void {
    this.#network.connect(this.#process.name, this.#process, this.hostname, (end) => {
      if (end === null) return void this.#world.after(reconnectMillis, this.#process, () => this.#connect())
      this.#end = end
      this.isConnected = true
      for (const [send, stop] of this.#unsent) {
        stop()
        send()
      }
      this.#unsent.clear()
      end.onMessage = (message) => this.#receive(message as HypervisorReply)
      end.onClose = () => {
        this.#end = undefined
        this.isConnected = false
        const lost = [...this.#waiting.values()]
        this.#waiting.clear()
        for (const { operation, resume } of lost) resume(Effect.fail(this.#lost(operation)))
        this.#world.after(reconnectMillis, this.#process, () => this.#connect())
      }
    })
  }

  #receive(reply: HypervisorReply): void {
    if ("event" in reply) return this.#onEvent(reply.event)
    const asked = this.#waiting.get(reply.number)
    this.#waiting.delete(reply.number)
    asked?.resume("error" in reply
      ? Effect.fail(new DriverError({ operation: asked.operation, message: reply.error, isRetryable: reply.isRetryable }))
      : Effect.succeed(reply.value))
  }

  #lost(operation: string): DriverError {
    return new DriverError({ operation, message: `host ${this.hostname} does not answer`, isRetryable: true })
  }
}

const driverOf = (session: Session): Driver => {
  const ask = <A = void>(
    operation: HypervisorCall["operation"], id: string | null = null, epoch: number | null = null, spec: DomainSpec | null = null,
    more: Pick<HypervisorCall, "target" | "power"> = {}
  ) => session.ask({ operation, id, epoch, spec, ...more }) as Effect.Effect<A, DriverError>
  return {
    capabilities: { pause: true, suspend: true, consoleLog: true, liveMigration: true, coldMigration: true },
    inventory: ask("inventory"),
    list: ask("list"),
    spawn: (spec, { epoch }) => ask("spawn", spec.id, epoch, spec),
    powerOn: (spec, { epoch }) => ask("powerOn", spec.id, epoch, spec),
    powerOff: (id, _, { epoch }) => ask("powerOff", id, epoch),
    reboot: (spec, _, { epoch }) => ask("reboot", spec.id, epoch, spec),
    pause: (id, { epoch }) => ask("pause", id, epoch),
    unpause: (id, { epoch }) => ask("unpause", id, epoch),
    suspend: (id, { epoch }) => ask("suspend", id, epoch),
    resume: (spec, { epoch }) => ask("resume", spec.id, epoch, spec),
    destroy: (id, { epoch }) => ask("destroy", id, epoch),
    prepareMigration: (spec, _, { epoch }) => ask("prepareMigration", spec.id, epoch, spec),
    performMigration: (spec, { target }, { epoch }) => ask("performMigration", spec.id, epoch, spec, { target }),
    finishMigration: (spec, power, { epoch }) => ask("finishMigration", spec.id, epoch, spec, { power }),
    confirmMigration: (id, target, { epoch }) => ask("confirmMigration", id, epoch, null, { target }),
    abortMigration: (id, { epoch }) => ask("abortMigration", id, epoch),
    forceMigration: (id, { epoch }) => ask("forceMigration", id, epoch),
    consoleLog: (id) => ask("consoleLog", id),
    events: Stream.empty
  }
}

/** All hosts, as one runner reaches them. */
export const layer = (world: World, network: Network, process: Process, hostnames: ReadonlyArray<string>): Layer.Layer<Fleet> =>
  Layer.effect(Fleet, Effect.gen(function*() {
    const events = yield* Queue.unbounded<{ readonly hostname: string; readonly event: DomainEvent }>()
    const sessions = new Map(hostnames.map((hostname) => {
      const session = new Session(world, network, process, hostname, (event) => Queue.offerUnsafe(events, { hostname, event }))
      return [hostname, { session, driver: driverOf(session) }] as const
    }))
    return Fleet.of({
      hosts: hostnames,
      arrivals: Stream.empty,
      driver: (hostname) => sessions.get(hostname)?.driver,
      isUp: (hostname) => sessions.get(hostname)?.session.isConnected === true,
      events: Stream.fromQueue(events)
    })
  }))
