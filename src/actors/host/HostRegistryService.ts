import { Clock, Effect, Layer, Random, Stream } from "effect"
import { Fleet } from "../../drivers/Driver.ts"
import type { Inventory, PowerState } from "../../drivers/Driver.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { powerStates } from "../instance/states.ts"
import { uuidFrom } from "../shared/ids.ts"
import { isoOf } from "../shared/time.ts"
import type { Host } from "./Host.ts"
import { hosts } from "./Host.ts"
import { HostEntity } from "./HostProtocol.ts"

type Facts = Omit<Host,
  | "hostname" | "id" | "number" | "serviceId" | "serviceNumber" | "availabilityZone" | "isDisabled" | "disabledReason"
  | "isForcedDown" | "createdAt" | "updatedAt">

/** What a record keeps of an inventory. */
export const factsOf = (inventory: Inventory): Facts => ({
  hypervisorType: inventory.hypervisorType,
  hypervisorVersion: inventory.hypervisorVersion,
  hostIp: inventory.hostIp,
  cpuModel: inventory.cpuModel,
  cpuArch: inventory.cpuArch,
  vcpus: inventory.vcpus,
  memoryMb: inventory.memoryMb,
  diskGb: inventory.diskGb,
  numa: inventory.numa,
  traits: inventory.traits
})

const isSame = (host: Host, facts: Facts) =>
  (Object.keys(facts) as Array<keyof Facts>).every((key) => JSON.stringify(host[key]) === JSON.stringify(facts[key]))

/** Writes a record for each host the fleet knows: new ones, and those whose hardware changed; all in one commit. */
const register = Effect.gen(function*() {
  const fleet = yield* Fleet
  const records = yield* Records
  const at = isoOf(yield* Clock.currentTimeMillis)
  const random = yield* Random.Random
  const draw = () => random.nextDoubleUnsafe()
  let number = records.size(hosts)
  const changes = []
  for (const hostname of fleet.hosts) {
    const driver = fleet.driver(hostname)
    const inventory = driver === undefined ? undefined : yield* Effect.option(driver.inventory)
    if (inventory?._tag !== "Some") {
      yield* Effect.logWarning(`Host ${hostname} does not answer: its inventory stays as it was`)
      continue
    }
    const facts = factsOf(inventory.value)
    const known = records.get(hosts, hostname)
    if (known !== undefined && isSame(known, facts)) continue
    number += known === undefined ? 1 : 0
    const host: Host = known === undefined
      ? {
        hostname, number, serviceNumber: number, id: uuidFrom(draw), serviceId: uuidFrom(draw),
        availabilityZone: "nova", isDisabled: false, disabledReason: null, isForcedDown: false,
        createdAt: at, updatedAt: at, ...facts
      }
      : { ...known, ...facts, updatedAt: at }
    changes.push({ table: hosts, put: host, expect: known === undefined ? "absent" as const : records.version(hosts, hostname) })
  }
  if (changes.length > 0) yield* records.write(changes)
})

const numberOf = (power: PowerState): number => powerStates[power]

/** Registers the fleet's hosts, and takes what their hypervisors see to the `Host` entities from then on. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const fleet = yield* Fleet
  const entities = yield* HostEntity.client
  yield* register
  yield* Effect.forkScoped(Stream.runForEach(fleet.events, ({ hostname, event }) =>
    Effect.ignore(entities(hostname).Observe({ instanceId: event.id, power: numberOf(event.power) }), { log: "Warn" })))
}))
