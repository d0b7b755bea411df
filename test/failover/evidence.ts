/** What is to be seen of a cluster at rest: in the store, at every runner's API, and on the hypervisors. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { Store } from "../../src/runtime/kernel/Store.ts"
import type { StoreEntry } from "../../src/runtime/kernel/Store.ts"
import * as RedisStore from "../../src/runtime/redis/RedisStore.ts"
import { login } from "../fixtures/api.ts"
import type { Api } from "../fixtures/api.ts"
import type { Cluster, Runner } from "../fixtures/cluster.ts"
import { at, items, text } from "../fixtures/json.ts"
import { shardOf } from "../../src/runtime/cluster/ClusterOwnership.ts"

export interface Entry extends Omit<StoreEntry, "state"> {
  readonly state: unknown
}

export interface Guest {
  readonly hostname: string
  readonly id: string
  readonly power: string
}

/** One server as one runner lists it. */
export interface Listed {
  readonly id: string
  readonly name: string
  readonly status: string
}

export interface Provider {
  readonly hostname: string
  readonly capacity: Readonly<Record<string, number>>
  readonly allocations: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface Evidence {
  readonly feed: ReadonlyArray<Entry>
  readonly servers: ReadonlyArray<Instance>
  /** The newest epoch of every shard that has one. */
  readonly epochs: ReadonlyMap<string, number>
  readonly guests: ReadonlyArray<Guest>
  /** The newest epoch that each host has seen of its entity. */
  readonly adopted: ReadonlyMap<string, number>
  /** By the name of the runner. */
  readonly lists: ReadonlyMap<string, ReadonlyArray<Listed>>
  readonly providers: ReadonlyArray<Provider>
  /** Of ports: the server, and the address. */
  readonly ports: ReadonlyArray<{ readonly server: string; readonly address: string }>
  /** What the project has used of its quota of servers, as each runner says. */
  readonly used: ReadonlyMap<string, number>
}

export const openStore = (url: string): Effect.Effect<Store["Service"], unknown, Scope.Scope> =>
  Effect.map(Layer.build(Layer.fresh(RedisStore.layer({ url, name: "kilonova:cell1", requirePersistence: false }))), (context) => Context.get(context, Store))

const parsed = (entry: StoreEntry): Entry => ({ ...entry, state: entry.state === null ? null : JSON.parse(entry.state) })

const readFeed = (store: Store["Service"]) =>
  Effect.gen(function*() {
    const { position } = yield* store.head
    const found: Array<Entry> = []
    for (let after = 0; after < position;) {
      const page = yield* store.read(after, 1_000)
      if (page.length === 0) break
      found.push(...page.map(parsed))
      after = page.at(-1)!.position
    }
    return found
  })

const pageMax = 1_000

const listAll = (api: Api) =>
  Effect.gen(function*() {
    const found: Array<Listed> = []
    for (;;) {
      const marker = found.at(-1)?.id
      const page = items(yield* api.get(`/compute/v2.1/servers/detail?limit=${pageMax}${marker === undefined ? "" : `&marker=${marker}`}`), "servers")
      found.push(...page.map((one) => ({ id: text(one, "id"), name: text(one, "name"), status: text(one, "status") })))
      if (page.length < pageMax) return found
    }
  })

const capacityOf = (inventories: unknown) =>
  Object.fromEntries(Object.entries(inventories as Record<string, Record<string, number>>).map(([name, one]) =>
    [name, Math.floor((one["total"]! - one["reserved"]!) * one["allocation_ratio"]!)]))

const readProviders = (api: Api) =>
  Effect.gen(function*() {
    const providers = items(yield* api.get("/placement/resource_providers"), "resource_providers")
    return yield* Effect.forEach(providers, (provider) =>
      Effect.gen(function*() {
        const path = `/placement/resource_providers/${text(provider, "uuid")}`
        const held = at(yield* api.get(`${path}/allocations`), "allocations") as Record<string, { readonly resources: Record<string, number> }>
        return {
          hostname: text(provider, "name"),
          capacity: capacityOf(at(yield* api.get(`${path}/inventories`), "inventories")),
          allocations: Object.fromEntries(Object.entries(held).map(([id, { resources }]) => [id, resources]))
        } satisfies Provider
      }), { concurrency: 4 })
  })

/** What an agent's folder says of each host: nothing where it says nothing. */
const keptOf = (agentDir: string, name: string): ReadonlyArray<readonly [hostname: string, kept: unknown]> =>
  readdirSync(join(agentDir, "hosts")).flatMap((hostname) => {
    try {
      return [[decodeURIComponent(hostname), JSON.parse(readFileSync(join(agentDir, "hosts", hostname, name), "utf8")) as unknown] as const]
    } catch {
      return []
    }
  })

/** The newest epoch that each host has seen of its entity. */
export const adoptedIn = (agentDir: string): ReadonlyMap<string, number> =>
  new Map(keptOf(agentDir, "control.json").map(([hostname, kept]) => [hostname, Number(at(kept, "epoch"))]))

const readGuests = (agentDir: string): ReadonlyArray<Guest> =>
  keptOf(agentDir, "guests.json").flatMap(([hostname, kept]) =>
    items(kept).map((one) => ({ hostname, id: text(one, "id"), power: text(one, "power") })))

const readPorts = (api: Api) =>
  Effect.map(api.get("/network/v2.0/ports"), (found) =>
    items(found, "ports").filter((port) => at(port, "device_id") !== "").map((port) =>
      ({ server: text(port, "device_id"), address: text(port, "fixed_ips.0.ip_address") })))

const seenBy = (runner: Runner) =>
  Effect.gen(function*() {
    const api = yield* login(runner)
    const limits = yield* api.get("/compute/v2.1/limits")
    return { name: runner.name, list: yield* listAll(api), used: Number(at(limits, "limits.absolute.totalInstancesUsed")) }
  })

/** Everything there is to see; the cluster must be at rest. */
export const gather = (cluster: Cluster, runners: ReadonlyArray<Runner> = cluster.runners) =>
  Effect.gen(function*() {
    const store = yield* openStore(cluster.redisUrl)
    const feed = yield* readFeed(store)
    const shards = [...new Set(feed.map(({ id }) => shardOf(id)).concat(cluster.hostnames.map(shardOf)))]
    const epochs = yield* store.epochs(shards)
    const newest = new Map<string, Entry>(feed.filter(({ type }) => type === "Instance").map((entry) => [entry.id, entry]))
    const api = yield* login(runners[0]!)
    const sights = yield* Effect.forEach(runners, seenBy)
    return {
      feed,
      servers: [...newest.values()].flatMap(({ state }) => state === null ? [] : [state as Instance]),
      epochs: new Map(shards.map((shard, index) => [shard, epochs[index]!])),
      guests: readGuests(cluster.agentDir),
      adopted: adoptedIn(cluster.agentDir),
      lists: new Map(sights.map(({ list, name }) => [name, list])),
      used: new Map(sights.map(({ name, used }) => [name, used])),
      providers: yield* readProviders(api),
      ports: yield* readPorts(api)
    } satisfies Evidence
  })
