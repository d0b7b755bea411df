/** All providers at one time, and the trees they make. */
import { type Aggregate, aggregates as aggregatesTable } from "../host/Aggregate.ts"
import { type Host, hosts } from "../host/Host.ts"
import type { Records } from "../../runtime/kernel/Records.ts"
import { type Provider, providerFrom, providerOf } from "./Provider.ts"
import { overlayOf } from "./providerOverlay.ts"
import { type ProviderRecord, providerRecords } from "./records.ts"

/** What it is made of. */
type Sources = Pick<Records["Service"], "all" | "get">

/** UUIDs of the compute API's aggregates, by the hosts in them. */
type Memberships = ReadonlyMap<string, ReadonlyArray<string>>

const nothing: ReadonlyArray<string> = []

const membershipsOf = (aggregates: Iterable<Aggregate>): Memberships => {
  const found = new Map<string, Array<string>>()
  for (const { hosts: members, uuid } of aggregates) {
    for (const hostname of members) {
      const uuids = found.get(hostname)
      if (uuids === undefined) found.set(hostname, [uuid])
      else uuids.push(uuid)
    }
  }
  return found
}

/** A host's view is kept as long as nothing it rests on changed: records are never changed, but replaced. */
interface Made {
  readonly added: ProviderRecord | undefined
  readonly memberships: string
  readonly provider: Provider
}
const made = new WeakMap<Host, Made>()

const hostView = (host: Host, added: ProviderRecord | undefined, memberships: Memberships): Provider => {
  const aggregates = memberships.get(host.hostname) ?? nothing
  const key = aggregates.join()
  const known = made.get(host)
  if (known !== undefined && known.added === added && known.memberships === key) return known.provider
  const saidAt = added === undefined ? {} : { saidAt: added.updatedAt }
  const provider = providerOf(host, { overlay: overlayOf(added), aggregates, ...saidAt })
  made.set(host, { added, memberships: key, provider })
  return provider
}

/** Where a provider stands: changes of anything else leave the trees as they are. */
interface Place {
  readonly parentUuid: string | null
  readonly rootUuid: string
}

/** A provider whose parent is gone (a host that was removed with what it measured) is a root of its own. */
const placesOf = (records: ReadonlyArray<ProviderRecord>, isThere: (uuid: string) => boolean): ReadonlyMap<string, Place> => {
  const parents = new Map(records.map(({ parentUuid, uuid }) => [uuid, parentUuid !== null && isThere(parentUuid) ? parentUuid : null]))
  const rootOf = (uuid: string): string => {
    let root = uuid
    for (let parent = parents.get(root) ?? null; parent !== null; parent = parents.get(root) ?? null) root = parent
    return root
  }
  return new Map([...parents].map(([uuid, parentUuid]) => [uuid, { parentUuid, rootUuid: rootOf(uuid) }]))
}

export class Forest {
  /** Hosts by number, then what clients made, in that order. */
  readonly byUuid: ReadonlyMap<string, Provider>
  private readonly views: Map<string, Provider>
  private readonly trees = new Map<string, Array<string>>()
  private readonly memberships: Memberships
  private list: ReadonlyArray<Provider> | undefined

  constructor(providers: Iterable<Provider>, memberships: Memberships = new Map()) {
    this.views = new Map()
    this.byUuid = this.views
    this.memberships = memberships
    for (const provider of providers) {
      this.views.set(provider.uuid, provider)
      const tree = this.trees.get(provider.rootUuid)
      if (tree === undefined) this.trees.set(provider.rootUuid, [provider.uuid])
      else tree.push(provider.uuid)
    }
  }

  static of(sources: Sources): Forest {
    const memberships = membershipsOf(sources.all(aggregatesTable))
    const own = [...sources.all(hosts)].toSorted((a, b) => a.number - b.number)
    const others = [...sources.all(providerRecords)].filter((record) => record.name !== null)
    const known = new Set([...own.map(({ id }) => id), ...others.map(({ uuid }) => uuid)])
    const places = placesOf(others, (uuid) => known.has(uuid))
    return new Forest([
      ...own.map((host) => hostView(host, sources.get(providerRecords, host.id), memberships)),
      ...others.map((record) => viewAt(record, places.get(record.uuid)!))
    ], memberships)
  }

  get providers(): ReadonlyArray<Provider> {
    return this.list ??= [...this.views.values()]
  }

  get roots(): ReadonlyArray<Provider> {
    return this.providers.filter(({ parentUuid }) => parentUuid === null)
  }

  /** Of a root: it and all that is under it. */
  treeOf(rootUuid: string): ReadonlyArray<Provider> {
    return (this.trees.get(rootUuid) ?? nothing).map((uuid) => this.views.get(uuid)!)
  }

  /** Of the compute API's aggregates, those a host is in. */
  aggregatesOf({ hostname }: Provider): ReadonlyArray<string> {
    return hostname === null ? nothing : this.memberships.get(hostname) ?? nothing
  }

  private renew(provider: Provider): true {
    this.views.set(provider.uuid, provider)
    this.list = undefined
    return true
  }

  /** Takes in a change of one record; `false`: trees changed too, and all has to be made again. */
  follow(sources: Sources, type: string, key: string): boolean {
    if (type === hosts.type) {
      const host = sources.get(hosts, key)
      return host !== undefined && this.views.get(host.id)?.hostname === key &&
        this.renew(hostView(host, sources.get(providerRecords, host.id), this.memberships))
    }
    const [record, view] = [sources.get(providerRecords, key), this.views.get(key)]
    if (type !== providerRecords.type || record === undefined || view === undefined) return false
    const host = view.hostname === null ? undefined : sources.get(hosts, view.hostname)
    if (host !== undefined) return this.renew(hostView(host, record, this.memberships))
    return record.parentUuid === view.parentUuid && this.renew(viewAt(record, view))
  }
}

const viewAt = (record: ProviderRecord, { parentUuid, rootUuid }: Place): Provider => providerFrom(record, parentUuid, rootUuid)

/** A provider and those above it, up to its root. */
export const lineOf = (forest: Forest, provider: Provider): ReadonlyArray<Provider> => {
  const line = [provider]
  for (let { parentUuid } = provider; parentUuid !== null;) {
    const parent = forest.byUuid.get(parentUuid)!
    line.push(parent)
    parentUuid = parent.parentUuid
  }
  return line
}

export const hasChildren = (forest: Forest, provider: Provider): boolean =>
  forest.treeOf(provider.rootUuid).some(({ parentUuid }) => parentUuid === provider.uuid)

/** How many stand one under the other, from this provider down. */
export const heightOf = (forest: Forest, provider: Provider): number =>
  forest.treeOf(provider.rootUuid).reduce((height, member) => Math.max(height, lineOf(forest, member).indexOf(provider) + 1), 1)
