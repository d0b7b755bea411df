import type { ConsumerRecord } from "./records.ts"
import type { Resources } from "./resourceClasses.ts"

const nothing: Resources = new Map()
const nobody: ReadonlyMap<string, ConsumerRecord> = new Map()

/** Who holds what of whom, among the consumers that clients made: follows their records, one by one. */
export class ConsumerIndex {
  private readonly records = new Map<string, ConsumerRecord>()
  private readonly byProvider = new Map<string, Map<string, ConsumerRecord>>()
  private readonly byProject = new Map<string, Map<string, ConsumerRecord>>()
  private readonly amounts = new Map<string, Map<string, number>>()

  /** `undefined`: the consumer holds nothing any more. */
  apply(id: string, record: ConsumerRecord | undefined): void {
    const before = this.records.get(id)
    if (before !== undefined) this.count(before, -1)
    if (record === undefined) this.records.delete(id)
    else {
      this.records.set(id, record)
      this.count(record, 1)
    }
  }

  private count(record: ConsumerRecord, sign: 1 | -1): void {
    enter(this.byProject, record.projectId, record, sign)
    for (const [provider, resources] of Object.entries(record.allocations)) {
      enter(this.byProvider, provider, record, sign)
      let used = this.amounts.get(provider)
      if (used === undefined) this.amounts.set(provider, used = new Map())
      for (const [resource, amount] of Object.entries(resources)) {
        const sum = (used.get(resource) ?? 0) + sign * amount
        if (sum === 0) used.delete(resource)
        else used.set(resource, sum)
      }
      if (used.size === 0) this.amounts.delete(provider)
    }
  }

  /** What they hold of a provider, by resource class. */
  usedOf(providerUuid: string): Resources {
    return this.amounts.get(providerUuid) ?? nothing
  }

  onProvider(providerUuid: string): Iterable<ConsumerRecord> {
    return (this.byProvider.get(providerUuid) ?? nobody).values()
  }

  ofProject(projectId: string): Iterable<ConsumerRecord> {
    return (this.byProject.get(projectId) ?? nobody).values()
  }
}

const enter = (index: Map<string, Map<string, ConsumerRecord>>, key: string, record: ConsumerRecord, sign: 1 | -1): void => {
  let members = index.get(key)
  if (members === undefined) index.set(key, members = new Map())
  if (sign === 1) members.set(record.id, record)
  else members.delete(record.id)
  if (members.size === 0) index.delete(key)
}
