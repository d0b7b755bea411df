/** What clients of Placement made of a host goes with it: its traits and ratios, and the providers below it. */
import { Result } from "effect"
import type { Change, Records } from "../../runtime/kernel/Records.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { consumerRecords, type ProviderRecord, providerRecords } from "./records.ts"

type Reading = Pick<Records["Service"], "all" | "get" | "version">

const below = (records: Reading, uuid: string): ReadonlyArray<ProviderRecord> => {
  const children = Map.groupBy(records.all(providerRecords), ({ parentUuid }) => parentUuid)
  const found: Array<ProviderRecord> = []
  for (let parents = [uuid]; parents.length > 0;) {
    const next = parents.flatMap((parent) => children.get(parent) ?? [])
    found.push(...next)
    parents = next.map((one) => one.uuid)
  }
  return found
}

const inUse = (consumers: ReadonlyArray<string>): Refusal =>
  refuse("conflict", `Unable to delete compute service: ${consumers.length} consumers hold allocations of its resource providers (${consumers[0]}). Delete the allocations first.`)

/** Refused while clients' consumers hold something of it: their allocations would be of nobody. */
export const removalOfProviders = (records: Reading, hostUuid: string): Result.Result<ReadonlyArray<Change>, Refusal> => {
  const own = records.get(providerRecords, hostUuid)
  const all = [...below(records, hostUuid), ...own === undefined ? [] : [own]]
  const uuids = new Set([hostUuid, ...all.map(({ uuid }) => uuid)])
  const holders = [...records.all(consumerRecords)].filter(({ allocations }) => Object.keys(allocations).some((uuid) => uuids.has(uuid)))
  return holders.length > 0
    ? Result.fail(inUse(holders.map(({ id }) => id)))
    : Result.succeed(all.map(({ uuid }) => ({ table: providerRecords, remove: uuid, expect: records.version(providerRecords, uuid) })))
}
