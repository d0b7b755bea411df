/** Writes into a cluster's store, with no runner running, as many hosts and servers as are wanted. */
import { randomUUID } from "node:crypto"
import { Effect, Stream } from "effect"
import type { StoreAppend, StoreCommit } from "../../src/runtime/kernel/Store.ts"
import { hostname } from "./cluster.ts"
import { hostCopy, serverCopy, serverTemplate, uuidOf } from "./copies.ts"
import { withStore } from "./parts.ts"

const commitsTogether = 256
/** Far above what the template's records took. */
const firstOrder = 1_000_000

export interface Filling {
  readonly hosts: (from: number, to: number) => Promise<void>
  /** On hosts from the first of these numbers up to the second. */
  readonly servers: (count: number, onHosts: readonly [from: number, to: number]) => Promise<void>
}

export const serverId = (index: number): string => uuidOf("server", index)

const range = function*(from: number, to: number) {
  for (let index = from; index < to; index++) yield index
}

/** The store must have one server, and the first host. */
export const filling = async (url: string): Promise<Filling> => {
  const streams = [...await withStore(url, (store) => Stream.runCollect(store.scan(null)))]
  const server = serverTemplate(streams)
  let order = firstOrder
  const write = (indexes: Iterable<number>, of: (index: number) => ReadonlyArray<StoreAppend>) =>
    withStore(url, (store) =>
      Effect.gen(function*() {
        const writer = randomUUID()
        let number = 0
        let { position: known } = yield* store.head
        const send = Effect.fnUntraced(function*(commits: ReadonlyArray<StoreCommit>) {
          const answers = yield* store.commit({ writer, number: ++number, known, commits })
          for (const answer of answers) {
            if (answer._tag !== "Applied") throw new Error(`not applied: ${JSON.stringify(answer)}`)
            known = answer.position
          }
        })
        let waiting: Array<StoreCommit> = []
        for (const index of indexes) {
          waiting.push({ fences: [], requestId: null, reply: "", appends: of(index) })
          if (waiting.length < commitsTogether) continue
          yield* send(waiting)
          waiting = []
        }
        if (waiting.length > 0) yield* send(waiting)
      }))
  const take = (count: number) => (order += count) - count
  return {
    hosts: (from, to) => write(range(from, to), (index) => hostCopy(streams, hostname(0), index, hostname(index), take(3))),
    servers: (count, [from, to]) =>
      write(range(0, count), (index) => serverCopy(server, index, hostname(from + index % (to - from)), take(server.streams.length)))
  }
}
