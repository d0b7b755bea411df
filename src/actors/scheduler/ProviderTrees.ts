import type { Records } from "../../runtime/kernel/Records.ts"
import { type Host, hosts } from "../host/Host.ts"
import { isSharing, sharersOf } from "../placement/candidates/sharing.ts"
import type { Allocations } from "../instance/Instance.ts"
import type { Forest } from "../placement/Forest.ts"
import type { Placement } from "../placement/PlacementProtocol.ts"
import type { Provider } from "../placement/Provider.ts"
import { providerRecords } from "../placement/records.ts"
import type { Resources } from "../placement/resourceClasses.ts"
import type { Holds } from "./Holds.ts"
import type { ProviderTree, TreeView } from "./providerTree.ts"

interface Sources {
  readonly placement: Pick<Placement["Service"], "forest" | "held">
  readonly records: Pick<Records["Service"], "all" | "find" | "get">
  readonly holds: Pick<Holds, "ofProvider">
}

/** Remembers of whom each client's consumer held something: a change bears on those before it and after it. */
export class Claimants {
  readonly #held = new Map<string, ReadonlyArray<string>>()
  readonly #onProvider: (uuid: string) => void

  constructor(onProvider: (uuid: string) => void) {
    this.#onProvider = onProvider
  }

  /** `undefined`: it holds nothing any more. */
  see(consumerId: string, allocations: Allocations | undefined): void {
    const now = Object.keys(allocations ?? {})
    for (const uuid of [...this.#held.get(consumerId) ?? [], ...now]) this.#onProvider(uuid)
    if (now.length === 0) this.#held.delete(consumerId)
    else this.#held.set(consumerId, now)
  }
}

/** Which hosts are served by providers that clients made, and which of those hosts has to be looked at again. */
export class ProviderTrees {
  readonly #sources: Sources
  /** UUIDs of those that clients made: where there is none, no host has a tree. */
  readonly #made = new Set<string>()
  readonly #noted = new Set<string>()
  #isGrown = true
  #served = new Map<string, Array<string>>()
  #view: { readonly forest: Forest; readonly sharersOf: (root: Provider) => ReadonlyArray<Provider> } | undefined

  constructor(sources: Sources) {
    this.#sources = sources
    for (const { name, uuid } of sources.records.all(providerRecords)) if (name !== null) this.#made.add(uuid)
  }

  /** Somebody took or gave back something of this provider. */
  note(uuid: string): void {
    this.#noted.add(uuid)
  }

  /** A provider's record changed. */
  see(uuid: string): void {
    const record = this.#sources.records.get(providerRecords, uuid)
    if (record !== undefined && record.name !== null) this.#made.add(uuid)
    else this.#made.delete(uuid)
    this.note(uuid)
    this.grow()
  }

  /** Hosts or their aggregates changed, and with them whom others share with. */
  grow(): void {
    this.#isGrown = true
    this.#view = undefined
  }

  /** The hosts that what was noted bears on, by name. */
  *changedHosts(): Iterable<string> {
    if (this.#noted.size === 0) return
    const before = this.#served
    if (this.#isGrown) this.#served = this.#serve()
    this.#isGrown = false
    for (const uuid of this.#noted) {
      yield* before.get(uuid) ?? []
      if (this.#served !== before) yield* this.#served.get(uuid) ?? []
      const host = this.#sources.records.find(hosts, "id", uuid)
      if (host !== undefined) yield host.hostname
    }
    this.#noted.clear()
  }

  /** `null`: the host's own provider has to give everything. */
  treeOf({ id }: Host): ProviderTree | null {
    if (this.#made.size === 0) return null
    const { forest, sharersOf: sharers } = this.#now()
    const root = forest.byUuid.get(id)
    if (root === undefined || (forest.treeOf(id).length === 1 && sharers(root).length === 0)) return null
    return { view: () => this.#viewOf(id), usedOf: (provider) => this.#usedOf(provider) }
  }

  /** Asked anew each time: a host that nobody marks must not keep an old forest. */
  #viewOf(rootUuid: string): TreeView | null {
    const around = this.#now()
    const root = around.forest.byUuid.get(rootUuid)
    return root === undefined ? null : { root, around }
  }

  #now() {
    const forest = this.#sources.placement.forest()
    if (this.#view?.forest !== forest) this.#view = { forest, sharersOf: sharersOf(forest) }
    return this.#view
  }

  #usedOf(provider: Provider): Resources {
    const held = this.#sources.placement.held(provider)
    const picks = [...this.#sources.holds.ofProvider(provider.uuid)]
    if (picks.length === 0) return held
    const used = new Map(held)
    for (const { allocations } of picks) {
      for (const [resource, amount] of Object.entries(allocations?.[provider.uuid] ?? {})) used.set(resource, (used.get(resource) ?? 0) + amount)
    }
    return used
  }

  /** By provider, the names of the hosts it serves. */
  #serve(): Map<string, Array<string>> {
    const served = new Map<string, Array<string>>()
    if (this.#made.size === 0) return served
    const { forest, sharersOf: sharers } = this.#now()
    const add = (uuid: string, hostname: string) => {
      const names = served.get(uuid)
      if (names === undefined) served.set(uuid, [hostname])
      else names.push(hostname)
    }
    for (const uuid of this.#made) {
      const root = forest.byUuid.get(forest.byUuid.get(uuid)?.rootUuid ?? "")
      if (root?.hostname != null) add(uuid, root.hostname)
    }
    if (!forest.providers.some(isSharing)) return served
    for (const root of forest.roots) {
      if (root.hostname !== null) for (const { uuid } of sharers(root)) add(uuid, root.hostname)
    }
    return served
  }
}
