import { Effect, Layer, Stream } from "effect"
import type { Instance } from "../../actors/instance/Instance.ts"
import { isLive } from "../../actors/instance/Instance.ts"
import { countedOf, otherPlaceOf, otherPresenceOf, presencesOf } from "../../actors/instance/presences.ts"
import { InstanceIndex } from "../kernel/InstanceIndex.ts"
import { type FeedEntry, Journal } from "../kernel/Journal.ts"
import { Limits } from "../Limits.ts"
import type { Entry } from "./groups.ts"
import { byAge, Chronicle, LiveBy } from "./groups.ts"
import { HeldOfProviders, TakenByHost } from "./taken.ts"
import { UsageBy } from "./usage.ts"

interface Place {
  readonly project: Entry
  readonly all: Entry
}

/** The read model of servers; `apply` is the only way in. */
class Index {
  readonly #byId = new Map<string, Instance>()
  readonly #places = new Map<string, Place>()
  readonly #all = new Chronicle()
  readonly #projects = new Map<string, Chronicle>()
  readonly #pending = new Map<string, Instance>()
  /** Ids of deleted servers, oldest deletion first. */
  readonly #deleted = new Set<string>()
  readonly hosts = new LiveBy((instance) => instance.host)
  readonly moves = new LiveBy((instance) => otherPlaceOf(instance)?.host ?? null)
  readonly groups = new LiveBy((instance) => instance.wish.serverGroupId)
  readonly serverListeners = new Set<(before: Instance | undefined, after: Instance | undefined) => void>()
  readonly hostListeners = new Set<(hostname: string) => void>()
  readonly hostUsage = new UsageBy((instance) => instance.host, (hostname) => {
    for (const listener of this.hostListeners) listener(hostname)
  }, presencesOf)
  readonly taken = new TakenByHost()
  readonly elsewhere = new HeldOfProviders()
  readonly projectUsage = new UsageBy((instance) => instance.projectId, undefined, (instance) => [countedOf(instance)])
  readonly userUsage = new UsageBy((instance) => `${instance.projectId}:${instance.userId}`, undefined, (instance) => [countedOf(instance)])
  #revision = 0

  get(id: string): Instance | undefined {
    return this.#byId.get(id)
  }
  ofProject(projectId: string | null): Iterable<Instance> {
    return (projectId === null ? this.#all : this.#projects.get(projectId))?.newestFirst() ?? []
  }
  pending(): Iterable<Instance> {
    return this.#pending.values()
  }
  get size(): number {
    return this.#byId.size
  }
  get revision(): number {
    return this.#revision
  }

  /** What the journal had at the start, in any order. Nothing changes a deleted server: its last change was its deletion. */
  restore(instances: ReadonlyArray<Instance>): void {
    const deleted = instances.filter((instance) => !isLive(instance))
      .sort((a, b) => a.updatedAt < b.updatedAt ? -1 : a.updatedAt > b.updatedAt ? 1 : 0)
    const forgotten = new Set(deleted.slice(0, -Limits.deletedKeptMax).map(({ id }) => id))
    for (const instance of instances.toSorted(byAge)) {
      if (!forgotten.has(instance.id)) this.apply(instance.id, instance)
    }
    this.#deleted.clear()
    for (const { id } of deleted) if (!forgotten.has(id)) this.#deleted.add(id)
  }

  apply(id: string, after: Instance | undefined): void {
    this.#revision++
    const before = this.#byId.get(id)
    // First: whoever hears of a host next may ask what else was derived from its servers.
    for (const listener of this.serverListeners) listener(before, after)
    for (const view of [this.hosts, this.moves, this.groups, this.taken, this.elsewhere, this.hostUsage, this.projectUsage, this.userUsage]) view.change(before, after)
    if (after === undefined) return this.#drop(id)
    this.#byId.set(id, after)
    this.#place(after)
    if (after.work === null) this.#pending.delete(id)
    else this.#pending.set(id, after)
    if (!isLive(after)) this.#retire(id)
  }

  #place(instance: Instance): void {
    const place = this.#places.get(instance.id)
    if (place !== undefined) {
      place.project.instance = instance
      place.all.instance = instance
      return
    }
    let project = this.#projects.get(instance.projectId)
    if (project === undefined) this.#projects.set(instance.projectId, project = new Chronicle())
    this.#places.set(instance.id, { project: project.add(instance), all: this.#all.add(instance) })
  }

  #retire(id: string): void {
    this.#deleted.add(id)
    if (this.#deleted.size <= Limits.deletedKeptMax) return
    const [oldest] = this.#deleted
    if (oldest !== undefined) this.#drop(oldest)
  }

  #drop(id: string): void {
    const instance = this.#byId.get(id)
    const place = this.#places.get(id)
    this.#byId.delete(id)
    this.#places.delete(id)
    this.#pending.delete(id)
    this.#deleted.delete(id)
    if (instance === undefined || place === undefined) return
    this.#projects.get(instance.projectId)?.remove(place.project)
    this.#all.remove(place.all)
  }
}

/** One object for all equal ones: a hundred thousand servers share a few flavors. */
const interned = <A>() => {
  const known = new Map<string, A>()
  return (value: A): A => {
    const text = JSON.stringify(value)
    const found = known.get(text)
    if (found === undefined) known.set(text, value)
    return found ?? value
  }
}

/** Keeps a listener for as long as its scope is open. */
const listening = <A>(listeners: Set<A>) => (listener: A) =>
  Effect.acquireRelease(
    Effect.sync(() => { listeners.add(listener) }),
    () => Effect.sync(() => { listeners.delete(listener) })
  )

const make = Effect.gen(function*() {
  const journal = yield* Journal
  const index = new Index()
  const flavorOf = interned<Instance["flavor"]>()
  // Others may commit while this reads: their entries carry whole states, so it does no harm if the scan has seen them.
  let early: Array<FeedEntry> | undefined = []
  const apply = ({ state, stream }: FeedEntry) => {
    if (stream.type === "Instance") index.apply(stream.id, state === null ? undefined : state as unknown as Instance)
  }
  yield* journal.project((entries) => {
    if (early === undefined) for (const entry of entries) apply(entry)
    else early.push(...entries)
  })
  const stored = yield* Stream.runCollect(journal.scan("Instance"))
  index.restore([...stored].map(({ state }) => {
    const instance = state as unknown as Instance
    return { ...instance, flavor: flavorOf(instance.flavor) }
  }))
  early.forEach(apply)
  early = undefined
  return InstanceIndex.of({
    get: (id) => index.get(id),
    ofProject: (projectId) => index.ofProject(projectId),
    onHost: (hostname) => index.hosts.of(hostname),
    movingOn: (hostname) => Array.from(index.moves.of(hostname), (instance) => otherPresenceOf(instance)!),
    inGroup: (groupId) => index.groups.of(groupId),
    usageOfProject: (projectId) => index.projectUsage.of(projectId),
    usageOfUser: (projectId, userId) => index.userUsage.of(`${projectId}:${userId}`),
    usageOfHost: (hostname) => index.hostUsage.of(hostname),
    takenOf: (hostname) => index.taken.of(hostname),
    heldOf: (providerUuid) => index.elsewhere.of(providerUuid),
    holdersOf: (providerUuid) => index.elsewhere.servers(providerUuid),
    watchHosts: listening(index.hostListeners),
    watchServers: listening(index.serverListeners),
    pending: () => index.pending(),
    size: () => index.size,
    revision: () => index.revision
  })
})

export const layer = Layer.effect(InstanceIndex, make)
