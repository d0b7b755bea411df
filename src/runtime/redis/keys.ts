/** The names of a store's keys. All share one hash tag: one slot of a Redis Cluster, so that one script may touch them. */
import type { StoreAppend } from "../kernel/Store.ts"

export const keysOf = (name: string) => {
  const tag = `{${name}}`
  return {
    pattern: `${tag}:*`,
    /** Hash: format, cloudId, timeline. */
    meta: `${tag}:meta`,
    /** The newest position: trimming the feed does not lose it. */
    position: `${tag}:position`,
    /** Stream of entries `<position>-0`. */
    feed: `${tag}:feed`,
    /** Hash: shard → epoch. */
    epochs: `${tag}:epochs`,
    /** Set of the types that ever had a stream. */
    types: `${tag}:types`,
    /** Hash: address → [about, is healthy, machine id], packed. */
    members: `${tag}:members`,
    /** Hash: address → Unix milliseconds of Redis at which its lease ends. */
    leases: `${tag}:leases`,
    /** Hash: shard → `<epoch of the runner> <address>`; void when either of them is. */
    owners: `${tag}:owners`,
    /** Hash: address → the shards it took, packed. */
    held: `${tag}:held`,
    /** Hash: id → version. Apart from the states, so that a check never reads one. */
    versions: (type: string) => `${tag}:versions:${type}`,
    /** Hash: id → record. */
    states: (type: string) => `${tag}:states:${type}`,
    /** The writer's last batch: [number, answers], packed; expires. */
    writer: (writer: string) => `${tag}:writer:${writer}`,
    /** The answer to a request to its first stream: [position, reply], packed; expires. */
    request: ({ id, type }: StoreAppend, requestId: string) => `${tag}:request:${JSON.stringify([type, id, requestId])}`
  }
}
export type Keys = ReturnType<typeof keysOf>
