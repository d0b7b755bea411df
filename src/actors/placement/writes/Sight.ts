/** What a decision sees, and the pieces that decisions are made of. */
import { Result } from "effect"
import type { Change, Records } from "../../../runtime/kernel/Records.ts"
import type { Refusal } from "../../shared/Refusal.ts"
import type { Placement } from "../PlacementProtocol.ts"
import type { Provider } from "../Provider.ts"
import { type CustomName, customClasses, customTraits, type ProviderRecord, providerRecords } from "../records.ts"
import { generationConflict, providerNotFound } from "../refusals.ts"

/** Memory as it is at this moment: a decision reads it, and is made again when a writer was faster. */
export interface Sight {
  readonly placement: Placement["Service"]
  readonly records: Records["Service"]
  /** ISO 8601. */
  readonly now: string
}

/** As `decideAndWrite` takes it. */
export interface Decided<A> {
  readonly changes: ReadonlyArray<Change>
  readonly answer: A
}
/** May it be so? */
export type Checked = Result.Result<void, Refusal>
export type Decision<A> = Result.Result<Decided<A>, Refusal>

/** A provider that is to be changed, with what clients have made of it so far. */
export interface Target {
  readonly provider: Provider
  readonly record: ProviderRecord
  readonly generation: number
}

/** What clients have said of a host before they have said anything. */
const nothingSaid = (uuid: string, now: string): ProviderRecord => ({
  uuid, name: null, parentUuid: null, generation: 0, inventories: {}, hostRatios: {}, traits: [], aggregates: [],
  createdAt: now, updatedAt: now
})

export const targetOf = ({ now, placement, records }: Sight, uuid: string): Result.Result<Target, Refusal> => {
  const provider = placement.provider(uuid)
  if (provider === undefined) return Result.fail(providerNotFound(uuid))
  const record = records.get(providerRecords, uuid) ?? nothingSaid(uuid, now)
  return Result.succeed({ provider, record, generation: placement.generation(provider) })
}

/** `given` null: the request names no generation. */
export const checkGeneration = ({ generation, provider }: Target, given: number | null, refusal = generationConflict): Checked =>
  given === null || given === generation ? Result.void : Result.fail(refusal(provider.uuid, generation, given))

/** Writes the record on the version that was seen; the same record again holds others off. */
export const put = ({ records }: Sight, record: ProviderRecord): Change => {
  const version = records.version(providerRecords, record.uuid)
  return { table: providerRecords, put: record, expect: version === 0 ? "absent" : version }
}

/** A change that other clients must see before they make theirs. */
export const changed = ({ now }: Sight, record: ProviderRecord, change: Partial<ProviderRecord>): ProviderRecord =>
  ({ ...record, ...change, generation: record.generation + 1, updatedAt: now })

const held = ({ records }: Sight, table: typeof customTraits, names: Iterable<string>): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  for (const name of names) {
    const word: CustomName | undefined = records.get(table, name)
    if (word !== undefined) changes.push({ table, put: word, expect: records.version(table, name) })
  }
  return changes
}

/** Whoever begins to use a custom word writes it again, so that nobody can take it away at the same moment. */
export const holdTraits = (sight: Sight, names: Iterable<string>): ReadonlyArray<Change> => held(sight, customTraits, names)
export const holdClasses = (sight: Sight, names: Iterable<string>): ReadonlyArray<Change> => held(sight, customClasses, names)
