import { Effect, Layer } from "effect"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { type Host, hosts } from "../host/Host.ts"
import { type Allocation, allocationOf, generationOf } from "./allocations.ts"
import { Placement } from "./PlacementProtocol.ts"
import { type Provider, providerOf } from "./Provider.ts"
import { standardResourceClasses } from "./resourceClasses.ts"
import { standardTraits } from "./traits.ts"

const standard: ReadonlySet<string> = new Set(standardTraits)

export const layer = Layer.effect(Placement, Effect.gen(function*() {
  const records = yield* Records
  const index = yield* InstanceIndex
  // A record never changes: a changed host is another object.
  const made = new WeakMap<Host, Provider>()
  const view = (host: Host): Provider => {
    let provider = made.get(host)
    if (provider === undefined) made.set(host, provider = providerOf(host))
    return provider
  }
  const providers = () => [...records.all(hosts)].toSorted((a, b) => a.number - b.number).map(view)

  function* allocationsOf(provider: Provider): Generator<Allocation> {
    for (const instance of index.onHost(provider.name)) yield allocationOf(instance)!
  }

  return Placement.of({
    providers,
    provider: (uuid) => {
      const host = records.find(hosts, "id", uuid)
      return host === undefined ? undefined : view(host)
    },
    generation: (provider) => generationOf(records.version(hosts, provider.name), allocationsOf(provider)),
    used: (provider) => {
      const { cores, diskGb, ramMb } = index.usageOfHost(provider.name)
      const amounts: Readonly<Record<string, number>> = { VCPU: cores, MEMORY_MB: ramMb, DISK_GB: diskGb }
      return new Map(provider.inventories.keys().map((resource) => [resource, amounts[resource] ?? 0]))
    },
    allocationsOf,
    allocationsOfConsumer: (consumerId) => {
      const instance = index.get(consumerId)
      const allocation = instance === undefined ? undefined : allocationOf(instance)
      const host = allocation === undefined ? undefined : records.get(hosts, allocation.hostname)
      return new Map(allocation === undefined || host === undefined ? [] : [[view(host), allocation]])
    },
    *allocationsOfProject(projectId, userId) {
      for (const instance of index.ofProject(projectId)) {
        const allocation = userId === null || instance.userId === userId ? allocationOf(instance) : undefined
        if (allocation !== undefined) yield allocation
      }
    },
    resourceClasses: () => standardResourceClasses,
    hasTrait: (name) => standard.has(name) || providers().some(({ traits }) => traits.has(name)),
    traits: () => {
      const all = new Set(standard)
      for (const { traits } of providers()) for (const trait of traits) all.add(trait)
      return [...all].toSorted()
    }
  })
}))
