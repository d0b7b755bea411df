import { Effect, Layer } from "effect"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { aggregates } from "../host/Aggregate.ts"
import { hosts } from "../host/Host.ts"
import { type Instance, isLive } from "../instance/Instance.ts"
import { presencesOf } from "../instance/presences.ts"
import { type Allocation, allocationOf, allocationsElsewhere, generationOf, heldOf } from "./allocations.ts"
import { ConsumerIndex } from "./ConsumerIndex.ts"
import { Forest } from "./Forest.ts"
import { Placement } from "./PlacementProtocol.ts"
import type { Provider } from "./Provider.ts"
import { type ConsumerRecord, consumerRecords, customClasses, customTraits, providerRecords } from "./records.ts"
import { resourcesOf } from "./demand/Taken.ts"
import { type Resources, standardResourceClasses } from "./resourceClasses.ts"
import { standardTraits } from "./traits.ts"

const standard: ReadonlySet<string> = new Set(standardTraits)
const standardClasses: ReadonlySet<string> = new Set(standardResourceClasses)

/** The forest follows the records; where trees changed it is made again when somebody asks. */
const makeForest = Effect.fnUntraced(function*(records: Records["Service"]) {
  let forest: Forest | undefined
  yield* records.watch([hosts, aggregates, providerRecords], (type, key) => {
    if (forest?.follow(records, type, key) !== true) forest = undefined
  })
  return () => forest ??= Forest.of(records)
})

const makeConsumers = Effect.fnUntraced(function*(records: Records["Service"]) {
  const consumers = new ConsumerIndex()
  yield* records.watch([consumerRecords], (_type, id) => consumers.apply(id, records.get(consumerRecords, id)))
  for (const record of records.all(consumerRecords)) consumers.apply(record.id, record)
  return consumers
})

/** The servers of migrations under way, by the migrations' ids. */
const makeMovers = Effect.fnUntraced(function*(index: InstanceIndex["Service"]) {
  const movers = new Map<string, string>()
  yield* index.watchServers((before, after) => {
    if (before?.migration != null && before.migration.id !== after?.migration?.id) movers.delete(before.migration.id)
    if (after?.migration != null) movers.set(after.migration.id, after.id)
  })
  for (const { id, migration } of index.ofProject(null)) if (migration != null) movers.set(migration.id, id)
  return movers
})

const usage = (index: InstanceIndex["Service"], consumers: ConsumerIndex, records: Records["Service"]) => {
  /** Of servers alone. */
  const ofServers = ({ hostname, uuid }: Provider): Resources =>
    hostname === null ? index.heldOf(uuid) : resourcesOf(index.takenOf(hostname), records.get(hosts, hostname))
  const held = (provider: Provider): Resources => {
    const sum = new Map(ofServers(provider))
    for (const [resource, amount] of consumers.usedOf(provider.uuid)) sum.set(resource, (sum.get(resource) ?? 0) + amount)
    return sum
  }
  const used = (provider: Provider): Resources => {
    const sum = held(provider)
    return new Map(provider.inventories.keys().map((resource) => [resource, sum.get(resource) ?? 0]))
  }
  return { held, used, claimedOf: (uuid: string) => consumers.usedOf(uuid) }
}

export const layer = Layer.effect(Placement, Effect.gen(function*() {
  const records = yield* Records
  const index = yield* InstanceIndex
  const forest = yield* makeForest(records)
  const consumers = yield* makeConsumers(records)
  const movers = yield* makeMovers(index)
  /** By its own id, or by that of its migration under way. */
  const serverOf = (consumerId: string) => index.get(consumerId) ?? index.get(movers.get(consumerId) ?? "")
  const provider = (uuid: string) => forest().byUuid.get(uuid)
  const providers = () => forest().providers

  function* serversOf({ hostname, uuid }: Provider): Generator<Allocation> {
    if (hostname !== null) {
      const host = records.get(hosts, hostname)
      for (const instance of index.onHost(hostname)) yield allocationOf(instance, host)!
      for (const instance of index.movingOn(hostname)) yield allocationOf(instance, host)!
      return
    }
    for (const id of index.holdersOf(uuid)) {
      for (const presence of presencesOf(index.get(id))) {
        for (const [of, allocation] of allocationsElsewhere(presence)) if (of === uuid) yield allocation
      }
    }
  }
  /** Of a server, all that it holds, of providers that are there. */
  function* heldByServer(server: Instance): Generator<readonly [Provider, Allocation]> {
    for (const presence of presencesOf(server)) yield* heldBy(presence)
  }
  function* heldBy(instance: Instance): Generator<readonly [Provider, Allocation]> {
    const host = instance.host === null ? undefined : records.get(hosts, instance.host)
    const allocation = allocationOf(instance, host)
    if (host !== undefined && allocation !== undefined) yield [provider(host.id)!, allocation]
    for (const [uuid, allocation] of allocationsElsewhere(instance)) {
      const of = provider(uuid)
      if (of !== undefined) yield [of, allocation]
    }
  }
  function* allocationsOf(of: Provider): Generator<Allocation> {
    yield* serversOf(of)
    for (const record of consumers.onProvider(of.uuid)) yield heldOf(record, of.uuid)
  }
  const hostAggregates = (of: Provider) => forest().aggregatesOf(of)
  /** What a client's consumer holds, of providers that are there. */
  const holdings = (record: ConsumerRecord): ReadonlyArray<readonly [Provider, Allocation]> =>
    Object.keys(record.allocations).flatMap((uuid) => {
      const of = provider(uuid)
      return of === undefined ? [] : [[of, heldOf(record, uuid)] as const]
    })
  const isKnownTrait = (name: string) => standard.has(name) || records.get(customTraits, name) !== undefined

  return Placement.of({
    forest,
    providers,
    provider,
    isHostname: (name) => records.get(hosts, name) !== undefined,
    generation: (of) => {
      const said = records.get(providerRecords, of.uuid)?.generation ?? 0
      const counted = of.hostname === null ? said : records.version(hosts, of.hostname) + said
      return generationOf(counted, serversOf(of), hostAggregates(of))
    },
    hostAggregates,
    ...usage(index, consumers, records),
    allocationsOf,
    isServer: (consumerId) => {
      const instance = serverOf(consumerId)
      return instance !== undefined && isLive(instance)
    },
    allocationsOfConsumer: (consumerId) => {
      const instance = serverOf(consumerId)
      if (instance !== undefined && instance.host !== null && isLive(instance)) {
        return new Map(heldByServer(instance).filter(([, allocation]) => allocation.consumerId === consumerId))
      }
      const record = records.get(consumerRecords, consumerId)
      return new Map(record === undefined ? [] : holdings(record))
    },
    *allocationsOfProject(projectId, userId) {
      for (const instance of index.ofProject(projectId)) {
        if (userId === null || instance.userId === userId) for (const [, allocation] of heldByServer(instance)) yield allocation
      }
      for (const record of consumers.ofProject(projectId)) {
        if (userId === null || record.userId === userId) for (const [, allocation] of holdings(record)) yield allocation
      }
    },
    resourceClasses: () => [...standardResourceClasses, ...[...records.all(customClasses)].map(({ name }) => name)],
    hasResourceClass: (name) => standardClasses.has(name) || records.get(customClasses, name) !== undefined,
    hasTrait: (name) => isKnownTrait(name) || providers().some(({ traits }) => traits.has(name)),
    traits: () => {
      const all = new Set([...standard, ...[...records.all(customTraits)].map(({ name }) => name)])
      for (const { traits } of providers()) for (const trait of traits) all.add(trait)
      return [...all].toSorted()
    },
    madeAt: (kind, name) => records.get(kind === "trait" ? customTraits : customClasses, name)?.createdAt ?? null
  })
}))
