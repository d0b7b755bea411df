import type { Host } from "../host/Host.ts"
import { type Instance, isLive } from "../instance/Instance.ts"
import { elsewhereOf, resourcesOf, takenByServer } from "./demand/Taken.ts"
import type { ConsumerRecord } from "./records.ts"
import { type Resources, resources } from "./resourceClasses.ts"

/** What one consumer holds of one provider. Of a server it is a function of the server, so it can neither leak nor be lost. */
export interface Allocation {
  readonly consumerId: string
  /** Grows with each change: of a server, with each step it takes. */
  readonly consumerGeneration: number
  readonly consumerType: string
  readonly projectId: string
  readonly userId: string
  readonly resources: Resources
  /** ISO 8601. */
  readonly createdAt: string
}

const instanceConsumer = "INSTANCE"
const migrationConsumer = "MIGRATION"
/** Of consumers made by a version that knows no types. */
const unknownConsumer = "unknown"

/** What a server on the move leaves is held in the name of the migration. */
const heldBy = (instance: Instance, held: Resources): Allocation => {
  const { generation, host, migration, projectId, userId } = instance
  const of = { consumerGeneration: generation, projectId, userId, resources: held }
  return migration?.destination != null && migration.source.host === host
    ? { ...of, consumerId: migration.id, consumerType: migrationConsumer, createdAt: migration.createdAt }
    : { ...of, consumerId: instance.id, consumerType: instanceConsumer, createdAt: instance.createdAt }
}

/** Of its host's own provider. A server without a host, or a deleted one, holds nothing. */
export const allocationOf = (instance: Instance, host: Host | undefined): Allocation | undefined =>
  instance.host === null || !isLive(instance) ? undefined : heldBy(instance, resourcesOf(takenByServer(instance), host))

/** Of providers that are no hosts, by their UUIDs. */
export const allocationsElsewhere = (instance: Instance): ReadonlyArray<readonly [providerUuid: string, allocation: Allocation]> =>
  Object.entries(elsewhereOf(instance)).map(([uuid, amounts]) => [uuid, heldBy(instance, resources(amounts))])

/** What a client's consumer holds of this provider. */
export const heldOf = (record: ConsumerRecord, providerUuid: string): Allocation => ({
  consumerId: record.id,
  consumerGeneration: record.generation,
  consumerType: record.type ?? unknownConsumer,
  projectId: record.projectId,
  userId: record.userId,
  resources: resources(record.allocations[providerUuid] ?? {}),
  createdAt: record.updatedAt
})

export const totalOf = (allocations: Iterable<Allocation>): Resources => {
  const total = new Map<string, number>()
  for (const allocation of allocations) {
    for (const [resource, amount] of allocation.resources) total.set(resource, (total.get(resource) ?? 0) + amount)
  }
  return total
}

const generationMax = 2 ** 31

/** FNV-1a. */
const fingerprint = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 1
}

/**
 * The generation of a host's provider. `counted` grows with each change of the host's record and each that a client made;
 * servers and host aggregates come and go without either, so they count by what they are: another number whenever
 * something changed, and the same one again for the same facts, whichever process is asked. (A counter of servers'
 * changes would need a second truth beside the servers'.)
 */
export const generationOf = (counted: number, allocations: Iterable<Allocation>, aggregates: Iterable<string>): number => {
  let sum = counted
  for (const { consumerId, resources } of allocations) sum += fingerprint(`${consumerId} ${[...resources].join(" ")}`)
  for (const aggregate of aggregates) sum += fingerprint(aggregate)
  return sum % generationMax
}
