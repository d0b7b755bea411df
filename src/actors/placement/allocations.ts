import { type Instance, isLive } from "../instance/Instance.ts"
import { diskGbOf } from "../instance/Instance.ts"
import { type Resources, resources } from "./resourceClasses.ts"

/** What one consumer holds of one provider: a function of the server, which is why it can neither leak nor be lost. */
export interface Allocation {
  readonly consumerId: string
  /** Grows with each step the server takes. */
  readonly consumerGeneration: number
  readonly consumerType: string
  readonly projectId: string
  readonly userId: string
  readonly hostname: string
  readonly resources: Resources
  /** ISO 8601. */
  readonly createdAt: string
}

const instanceConsumer = "INSTANCE"

/** A server without a host, or a deleted one, holds nothing. */
export const allocationOf = (instance: Instance): Allocation | undefined =>
  instance.host === null || !isLive(instance)
    ? undefined
    : {
      consumerId: instance.id,
      consumerGeneration: instance.generation,
      consumerType: instanceConsumer,
      projectId: instance.projectId,
      userId: instance.userId,
      hostname: instance.host,
      resources: resources({ VCPU: instance.flavor.vcpus, MEMORY_MB: instance.flavor.ramMb, DISK_GB: diskGbOf(instance.flavor) }),
      createdAt: instance.createdAt
    }

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
 * A provider's generation: another number whenever its record or what it gives changed, and the same one again for the
 * same facts, whichever process is asked. (A counter would need a second truth beside the servers'.)
 */
export const generationOf = (recordVersion: number, allocations: Iterable<Allocation>): number => {
  let sum = recordVersion
  for (const { consumerId, resources } of allocations) {
    sum += fingerprint(`${consumerId} ${[...resources].join(" ")}`)
  }
  return sum % generationMax
}
