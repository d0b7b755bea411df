/** What the aggregates of a host say of it. Of several numbers the least counts, as Nova has it. */
import type { Aggregate } from "../host/Aggregate.ts"

export type HostAggregate = Pick<Aggregate, "id" | "uuid" | "metadata">

interface Grouped {
  readonly aggregates: ReadonlyArray<HostAggregate>
}

/** The values of a key, each whole. */
const valuesOf = ({ aggregates }: Grouped, key: string): ReadonlyArray<string> => {
  if (aggregates.length === 0) return []
  return aggregates.flatMap(({ metadata }) => metadata[key] === undefined ? [] : [metadata[key]])
}

const wordsIn = (value: string): ReadonlyArray<string> => value.split(",").map((word) => word.trim())

/** The values of a key, each a list separated by commas. */
export const wordsOf = (host: Grouped, key: string): ReadonlyArray<string> => valuesOf(host, key).flatMap(wordsIn)

/** The keys that begin with `prefix`. */
export const keysOf = ({ aggregates }: Grouped, prefix: string): ReadonlyArray<string> =>
  aggregates.length === 0 ? [] : [...new Set(aggregates.flatMap(({ metadata }) => Object.keys(metadata)))].filter((key) => key.startsWith(prefix))

/** The least of the numbers under a key; `usual` where there is none, or where one of them is no number. */
export const leastOf = (host: Grouped, key: string, usual: number): number => {
  const values = valuesOf(host, key)
  if (values.length === 0) return usual
  const numbers = values.map((value) => value.trim() === "" ? Number.NaN : Number(value))
  return numbers.every(Number.isFinite) ? Math.min(...numbers) : usual
}
