/** A datacentre in one process: hosts with true topologies, whose guests are only said to run. */
import { Context, Duration, Effect, Layer, Queue, Stream } from "effect"
import { cpuSetsWithin } from "../../actors/host/cpuSets.ts"
import { assignable, type DeviceSpec } from "../../actors/placement/devices/deviceSpecs.ts"
import { Limits } from "../../runtime/Limits.ts"
import { Fleet } from "../Driver.ts"
import type { DomainEvent, DomainStatus, Inventory } from "../Driver.ts"
import { Faults, Rules } from "./Faults.ts"
import type { Operation } from "./Faults.ts"
import { SimulatedDriver } from "./SimulatedDriver.ts"
import type { World } from "./SimulatedDriver.ts"
import { topologies } from "./topologies.ts"
import type { Topology } from "./topologies.ts"

export interface Options {
  /** Without it: one host for each topology. */
  readonly hosts?: number
  /** Their names; without them: `sim-0001` and on. */
  readonly names?: ReadonlyArray<string>
  /** Taken in turn; without them, the shapes of `topologies.ts`. */
  readonly topologies?: ReadonlyArray<Topology>
  /** CPUs set apart on every host for guests that share them, and for pinned ones; `null`: none. */
  readonly cpuSets?: Parameters<typeof cpuSetsWithin>[0]
  /** Which of their PCI devices guests may have; without it: none. */
  readonly deviceSpecs?: ReadonlyArray<DeviceSpec>
  /** How long calls take; those not named are instant. */
  readonly latency?: { readonly [operation in Operation]?: Duration.Input }
  /** How long a GiB of memory takes to another host; without it, no time. */
  readonly copyPerGib?: Duration.Input
  /**
   * The guests that outlived the last process. Asked once per host, when it is first called: by then whoever answers
   * must have read its own past.
   */
  readonly survivors?: (hostname: string) => Iterable<DomainStatus>
}

/** A fast line's. */
export const usualCopyPerGib: Duration.Input = "1 second"

interface HostEvent {
  readonly hostname: string
  readonly event: DomainEvent
}

/** `sim-0001`: padded, so that lists sort as people count. */
const nameOf = (index: number): string => `sim-${`${index + 1}`.padStart(4, "0")}`

const addressOf = (index: number): string => {
  const number = index + 1
  return `10.${100 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
}

const inventoryOf = (
  { name: _, pciDevices = [], ...hardware }: Topology, hostname: string, index: number, { cpuSets = null, deviceSpecs = [] }: Options
): Inventory => ({
  ...hardware,
  ...(deviceSpecs.length === 0 ? {} : { devices: assignable(pciDevices, deviceSpecs) }),
  ...cpuSetsWithin(cpuSets, hardware.numa),
  hypervisorType: "QEMU",
  hypervisorVersion: 9_002_000,
  hypervisorHostname: hostname,
  hostIp: addressOf(index)
})

/** Tells every listener; nobody listening costs nothing. */
const makeBus = () => {
  const listeners = new Set<(event: HostEvent) => void>()
  const stream = Stream.callback<HostEvent>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const listener = (event: HostEvent) => void Queue.offerUnsafe(queue, event)
        listeners.add(listener)
        return listener
      }),
      (listener) => Effect.sync(() => listeners.delete(listener))
    ), { bufferSize: Limits.fleetEventsMax, strategy: "sliding" })
  return { emit: (event: HostEvent) => listeners.forEach((listener) => listener(event)), stream }
}

const millisOf = (latency: Options["latency"] = {}): World["latency"] =>
  Object.fromEntries(
    Object.entries(latency).map(([operation, duration]) => [operation, Duration.toMillis(Duration.fromInputUnsafe(duration))])
  )

const make = (options: Options): Context.Context<Fleet | Faults> => {
  const shapes = options.topologies ?? topologies
  const rules = new Rules()
  const bus = makeBus()
  const world: World = {
    rules,
    latency: millisOf(options.latency),
    copyMillisPerGib: Duration.toMillis(Duration.fromInputUnsafe(options.copyPerGib ?? 0)),
    peer: (hostname) => driver(hostname),
    survivors: options.survivors ?? (() => []),
    emit: (hostname, event) => bus.emit({ hostname, event }),
    eventsOf: (hostname) =>
      bus.stream.pipe(Stream.filter((event) => event.hostname === hostname), Stream.map(({ event }) => event))
  }
  const hosts = options.names ?? Array.from({ length: options.hosts ?? shapes.length }, (_, index) => nameOf(index))
  const indexes = new Map(hosts.map((hostname, index) => [hostname, index]))
  const drivers = new Map<string, SimulatedDriver>()

  /** Made when first asked for: a host nobody looks at is a name. */
  function driver(hostname: string): SimulatedDriver | undefined {
    const index = indexes.get(hostname)
    if (index === undefined) return undefined
    let found = drivers.get(hostname)
    if (found === undefined) {
      found = new SimulatedDriver(inventoryOf(shapes[index % shapes.length]!, hostname, index, options), world)
      drivers.set(hostname, found)
    }
    return found
  }

  const onHost = (hostname: string, act: (host: SimulatedDriver) => boolean | void) =>
    Effect.sync(() => {
      const host = driver(hostname)
      return host !== undefined && act(host) !== false
    })

  const fleet = Fleet.of({
    hosts,
    arrivals: Stream.empty,
    driver,
    isUp: (hostname) => indexes.has(hostname) && drivers.get(hostname)?.isLost !== true,
    events: bus.stream
  })
  const faults = Faults.of({
    inject: (match, fault, times) => Effect.sync(() => rules.inject(match, fault, times)),
    clear: Effect.sync(() => rules.clear()),
    changePower: (hostname, id, power, reason = "changed by the guest") =>
      onHost(hostname, (host) => host.changePower(id, power, reason)),
    crash: (hostname, id) => onHost(hostname, (host) => host.changePower(id, "crashed", "guest panicked")),
    lose: (hostname) => onHost(hostname, (host) => void (host.isLost = true)),
    restore: (hostname, hasRebooted = false) =>
      onHost(hostname, (host) => {
        host.isLost = false
        if (hasRebooted) host.reboots()
      })
  })
  return Context.make(Fleet, fleet).pipe(Context.add(Faults, faults))
}

export const layer = (options: Options = {}): Layer.Layer<Fleet | Faults> =>
  Layer.effectContext(Effect.sync(() => make(options)))
