import { Effect, Layer } from "effect"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { aggregates } from "../host/Aggregate.ts"
import { hosts } from "../host/Host.ts"
import { isLive } from "../instance/Instance.ts"
import { type Allocation, allocationOf, generationOf, heldOf } from "./allocations.ts"
import { ConsumerIndex } from "./ConsumerIndex.ts"
import { Forest } from "./Forest.ts"
import { Placement } from "./PlacementProtocol.ts"
import type { Provider } from "./Provider.ts"
import { type ConsumerRecord, consumerRecords, customClasses, customTraits, providerRecords } from "./records.ts"
import { type Resources, resources, standardResourceClasses } from "./resourceClasses.ts"
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

const usage = (index: InstanceIndex["Service"], consumers: ConsumerIndex) => {
  /** Of a host's servers alone. */
  const ofServers = ({ hostname }: Provider): Resources => {
    if (hostname === null) return resources({})
    const { cores, diskGb, ramMb } = index.usageOfHost(hostname)
    return resources({ VCPU: cores, MEMORY_MB: ramMb, DISK_GB: diskGb })
  }
  const held = (provider: Provider): Resources => {
    const sum = new Map(ofServers(provider))
    for (const [resource, amount] of consumers.usedOf(provider.uuid)) sum.set(resource, (sum.get(resource) ?? 0) + amount)
    return sum
  }
  const used = (provider: Provider): Resources => {
    const sum = held(provider)
    return new Map(provider.inventories.keys().map((resource) => [resource, sum.get(resource) ?? 0]))
  }
  return { held, used }
}

export const layer = Layer.effect(Placement, Effect.gen(function*() {
  const records = yield* Records
  const index = yield* InstanceIndex
  const forest = yield* makeForest(records)
  const consumers = yield* makeConsumers(records)
  const provider = (uuid: string) => forest().byUuid.get(uuid)
  const providers = () => forest().providers

  function* serversOf({ hostname }: Provider): Generator<Allocation> {
    if (hostname !== null) for (const instance of index.onHost(hostname)) yield allocationOf(instance)!
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
      return of.hostname === null
        ? said
        : generationOf(records.version(hosts, of.hostname) + said, serversOf(of), hostAggregates(of))
    },
    hostAggregates,
    ...usage(index, consumers),
    allocationsOf,
    isServer: (consumerId) => {
      const instance = index.get(consumerId)
      return instance !== undefined && isLive(instance)
    },
    allocationsOfConsumer: (consumerId) => {
      const instance = index.get(consumerId)
      const allocation = instance === undefined ? undefined : allocationOf(instance)
      if (allocation !== undefined) {
        const host = records.get(hosts, instance!.host!)
        return new Map(host === undefined ? [] : [[provider(host.id)!, allocation]])
      }
      const record = records.get(consumerRecords, consumerId)
      return new Map(record === undefined ? [] : holdings(record))
    },
    *allocationsOfProject(projectId, userId) {
      for (const instance of index.ofProject(projectId)) {
        const allocation = userId === null || instance.userId === userId ? allocationOf(instance) : undefined
        if (allocation !== undefined) yield allocation
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
