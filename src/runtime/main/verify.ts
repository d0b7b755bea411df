/** `kilonova cluster verify FILE`: is it a whole backup, and of what? */
import { Console, Effect } from "effect"
import { type Read, readBackup, type Word } from "./backupFile.ts"
import type { StartError } from "./StartError.ts"

export interface Verified extends Read {
  /** Streams that are there at the backup's position, by type. */
  readonly streams: ReadonlyMap<string, number>
  readonly epochs: Readonly<Record<string, number>>
}

const count = (ids: Map<string, Set<string>>, { id, state, type }: Word): void => {
  let ofType = ids.get(type)
  if (ofType === undefined) ids.set(type, ofType = new Set())
  if (state === null) ofType.delete(id)
  else ofType.add(id)
}

/** Reads all of it; keeps the names of streams, not what is in them. */
export const examine = (path: string): Effect.Effect<Verified, StartError> =>
  Effect.gen(function*() {
    const ids = new Map<string, Set<string>>()
    let epochs: Readonly<Record<string, number>> = {}
    const read = yield* readBackup(path, (part) =>
      Effect.sync(() => {
        if ("epochs" in part) epochs = part.epochs
        else for (const word of part.words) count(ids, word)
      }))
    return { ...read, epochs, streams: new Map([...ids].map(([type, found]) => [type, found.size])) }
  })

export const countOf = ({ streams }: Pick<Verified, "streams">): number => [...streams.values()].reduce((sum, count) => sum + count, 0)

export const verify = (path: string): Effect.Effect<void, StartError> =>
  Effect.flatMap(examine(path), (found) => {
    const { cloudId, release, timeline } = found.header
    const types = [...found.streams].filter(([, count]) => count > 0).toSorted(([a], [b]) => a < b ? -1 : 1)
    return Console.log([
      `${path} is whole: cloud ${cloudId}, timeline ${timeline}, position ${found.trailer.position}, written by release ${release}`,
      ...types.map(([type, count]) => `  ${type}: ${count}`)
    ].join("\n"))
  })
