/** The journal as this release reads and writes it, whatever release wrote it. */
import { Effect, Layer, Option, Stream } from "effect"
import type { Json } from "../../actors/shared/json.ts"
import { Journal, JournalUnavailable } from "../kernel/Journal.ts"
import { type Formats, formats, NewerState } from "../kernel/upcast.ts"

interface Stated {
  readonly stream: { readonly type: string }
  readonly state: Json
}

export const through = (journal: Journal["Service"], { read, write }: Formats): Journal["Service"] => {
  const readOne = <A extends Stated>(found: A): A | NewerState => {
    const state = read(found.stream.type, found.state)
    return state instanceof NewerState ? state : state === found.state ? found : { ...found, state }
  }
  /** In views, what cannot be read is passed over. */
  const isRead = <A extends Stated>(one: A | NewerState): one is A => !(one instanceof NewerState)
  const readable = <A extends Stated, E>(found: Stream.Stream<A, E>): Stream.Stream<A, E> =>
    Stream.filter(Stream.map(found, (one) => readOne(one)), isRead<A>)

  return {
    ...journal,
    commit: write === null ? journal.commit : (commit) =>
      journal.commit({
        ...commit,
        appends: commit.appends.map((append) => ({ ...append, state: write(append.stream.type, append.state) }))
      }),
    load: (stream) =>
      Effect.flatMap(journal.load(stream), Option.match({
        onNone: () => Effect.succeedNone,
        onSome: (found) => {
          const one = readOne(found)
          return one instanceof NewerState
            ? Effect.fail(new JournalUnavailable({ operation: "load", cause: one }))
            : Effect.succeedSome(one)
        }
      })),
    scan: (type) => readable(journal.scan(type)),
    feed: (after) => readable(journal.feed(after)),
    project: (listener) => journal.project((entries) => listener(entries.map((one) => readOne(one)).filter(isRead)))
  }
}

export const layer = Layer.effect(Journal, Effect.map(Journal, (journal) => through(journal, formats)))
