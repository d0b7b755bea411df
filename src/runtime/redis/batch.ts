/** A batch of commits as the keys and arguments of the script `commit`. */
import type { StoreBatch, StoreCommit } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import type { Keys } from "./keys.ts"
import type { Opened } from "./openStore.ts"
import { encodeRecord } from "./record.ts"

export interface Encoded {
  readonly keys: ReadonlyArray<string>
  readonly argv: ReadonlyArray<string>
}

/** Types and requests by their number from 1, as the script counts keys. */
const numbering = (batch: StoreBatch) => {
  const types = new Map<string, string>()
  for (const { appends } of batch.commits) {
    for (const { type } of appends) if (!types.has(type)) types.set(type, String(types.size + 1))
  }
  return types
}

export const encodeBatch = (names: Keys, opened: Opened, history: number, batch: StoreBatch): Encoded => {
  const types = numbering(batch)
  const keys = [names.meta, names.position, names.feed, names.epochs, names.types, names.writer(batch.writer)]
  for (const type of types.keys()) keys.push(names.versions(type), names.states(type))
  const argv = [
    opened.cloudId,
    opened.timeline,
    String(batch.number),
    String(batch.known),
    String(history),
    String(Limits.requestsKeptMillis),
    String(Limits.writerKeptMillis),
    String(types.size),
    String(batch.commits.length),
    ...types.keys()
  ]
  for (const commit of batch.commits) encodeCommit(names, types, commit, keys, argv)
  argv.push(batch.writer)
  return { keys, argv }
}

const encodeCommit = (
  names: Keys,
  types: ReadonlyMap<string, string>,
  { appends, fences, reply, requestId }: StoreCommit,
  keys: Array<string>,
  argv: Array<string>
): void => {
  argv.push(String(fences.length))
  for (const { epoch, shard } of fences) argv.push(shard, String(epoch))
  const first = appends[0]
  if (requestId === null || first === undefined) argv.push("0")
  else argv.push(String(keys.push(names.request(first, requestId))))
  argv.push(requestId === null ? "" : reply, String(appends.length))
  for (const { events, expected, id, pending, state, type } of appends) {
    const record = encodeRecord({ version: expected + 1, pending, state })
    argv.push(types.get(type)!, id, String(expected), state === null ? "0" : "1", record, events)
  }
}
