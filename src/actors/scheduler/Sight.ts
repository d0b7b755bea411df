import type { Aggregate } from "../host/Aggregate.ts"
import type { Host } from "../host/Host.ts"
import type { Instance } from "../instance/Instance.ts"
import { plus, type Taken } from "../placement/demand/Taken.ts"
import { claimDevices, type DeviceState } from "../placement/devices/DeviceState.ts"
import type { HostTopology } from "../placement/numa/HostTopology.ts"
import { claim } from "../placement/numa/Numa.ts"
import type { ProviderOverlay } from "../placement/providerOverlay.ts"
import type { Resources } from "../placement/resourceClasses.ts"
import { traitsOf } from "../placement/traits.ts"
import type { Usage } from "../../runtime/kernel/InstanceIndex.ts"
import type { FailedBuilds } from "./FailedBuilds.ts"
import type { Holds } from "./Holds.ts"
import { type HostState, hostStateOf } from "./HostState.ts"
import type { HostTable } from "./HostTable.ts"
import type { ProviderTree } from "./providerTree.ts"

/** What the cloud knows of its hosts now; all of it in memory. */
export interface Sources {
  readonly host: (hostname: string) => Host | undefined
  /** What operators said of it through Placement. */
  readonly overlayOf: (host: Host) => ProviderOverlay
  readonly isUp: (hostname: string) => boolean
  readonly usageOf: (hostname: string) => Usage
  readonly takenOf: (hostname: string) => Taken
  /** What clients' consumers hold of it. */
  readonly claimedOf: (host: Host) => Resources
  readonly treeOf: (host: Host) => ProviderTree | null
  readonly serversOn: (hostname: string) => Iterable<Instance>
  readonly topologyOf: (hostname: string) => HostTopology | undefined
  readonly devicesOf: (hostname: string) => DeviceState
}

/** Keeps a table of hosts in step with what is known of them: only hosts that were marked are looked at again. */
export class Sight {
  readonly #table: HostTable
  readonly #sources: Sources
  readonly #holds: Holds
  readonly #failed: FailedBuilds
  readonly #marked = new Set<string>()
  readonly #up = new Map<string, boolean>()
  #aggregates = new Map<string, Array<Aggregate>>()
  #lookedAtMillis = -Infinity

  constructor(table: HostTable, sources: Sources, holds: Holds, failed: FailedBuilds) {
    this.#table = table
    this.#sources = sources
    this.#holds = holds
    this.#failed = failed
  }

  /** Something about the host changed: its record, its servers, what is held on it. */
  mark(hostname: string): void {
    this.#marked.add(hostname)
  }

  /** The aggregates are these now. */
  regroup(all: Iterable<Aggregate>): void {
    const before = this.#aggregates
    this.#aggregates = new Map()
    for (const aggregate of all) {
      for (const hostname of aggregate.hosts) {
        const own = this.#aggregates.get(hostname)
        if (own === undefined) this.#aggregates.set(hostname, [aggregate])
        else own.push(aggregate)
      }
    }
    const isSame = (a: ReadonlyArray<Aggregate> = [], b: ReadonlyArray<Aggregate> = []) =>
      a.length === b.length && a.every((one, at) => one === b[at])
    for (const hostname of new Set([...before.keys(), ...this.#aggregates.keys()])) {
      if (!isSame(before.get(hostname), this.#aggregates.get(hostname))) this.mark(hostname)
    }
  }

  /** A host comes and goes without a word: is any not what it was? Asked at most every `atMostEveryMillis`. */
  watchLiveness(nowMillis: number, atMostEveryMillis: number): boolean {
    if (nowMillis - this.#lookedAtMillis < atMostEveryMillis) return false
    this.#lookedAtMillis = nowMillis
    let isChanged = false
    for (const [hostname, wasUp] of this.#up) {
      if (this.#sources.isUp(hostname) === wasUp) continue
      this.mark(hostname)
      isChanged = true
    }
    return isChanged
  }

  /** Of a host that is taken to be up. */
  isStillUp(hostname: string): boolean {
    if (this.#sources.isUp(hostname)) return true
    this.mark(hostname)
    return false
  }

  refresh(): void {
    for (const hostname of this.#marked) {
      const state = this.#stateOf(hostname)
      if (state !== undefined) this.#table.put(state)
      else {
        this.#table.remove(hostname)
        this.#up.delete(hostname)
      }
    }
    this.#marked.clear()
  }

  #stateOf(hostname: string): HostState | undefined {
    const { claimedOf, devicesOf, host: hostOf, isUp, overlayOf, serversOn, takenOf, topologyOf, treeOf, usageOf } = this.#sources
    const host = hostOf(hostname)
    if (host === undefined) return undefined
    const overlay = overlayOf(host)
    const held = [...this.#holds.on(hostname)]
    let ioOps = held.length
    for (const { taskState } of serversOn(hostname)) if (taskState !== null) ioOps++
    const isHostUp = isUp(hostname)
    this.#up.set(hostname, isHostUp)
    return hostStateOf({
      host, overlay, ioOps,
      instances: usageOf(hostname).instances + held.length,
      taken: held.reduce((sum, { taken }) => plus(sum, taken), takenOf(hostname)),
      claimed: claimedOf(host),
      tree: treeOf(host),
      isUp: isHostUp,
      traits: overlay.traits.size === 0 ? knownTraits(host) : knownTraits(host).union(overlay.traits),
      usualRatios: overlay.ratios,
      aggregates: this.#aggregates.get(hostname) ?? none,
      failedBuilds: this.#failed.of(hostname),
      devices: () => held.reduce((all, { devices }) => claimDevices(all, devices), devicesOf(hostname)),
      topology: () => {
        const topology = host.numa.length === 0 ? undefined : topologyOf(hostname)
        return topology === undefined ? null : held.reduce((all, { numa }) => numa === null ? all : claim(all, numa), topology)
      },
      servers: () => serversOn(hostname)
    })
  }
}

const none: ReadonlyArray<Aggregate> = []

const traits = new WeakMap<Host, ReadonlySet<string>>()
const knownTraits = (host: Host): ReadonlySet<string> => {
  let known = traits.get(host)
  if (known === undefined) traits.set(host, known = traitsOf(host))
  return known
}
