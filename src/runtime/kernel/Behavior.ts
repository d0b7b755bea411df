import { Effect, Option, Result } from "effect"
import type { Json } from "../../actors/shared/json.ts"
import { type Fence, promiseVoid } from "../../actors/shared/Promise.ts"
import type { Refusal } from "../../actors/shared/Refusal.ts"
import { refuse } from "../../actors/shared/Refusal.ts"
import { Limits } from "../Limits.ts"
import { Journal } from "./Journal.ts"
import { Ownership } from "./Ownership.ts"
import { NewerState } from "./upcast.ts"

/** The pure half of an entity: what a command means, what a fact does, what must happen after it. */
export interface Rules<State extends Json, Command, Event extends Json> {
  readonly type: string
  readonly id: string
  /** A command that this says yes to starts a stream: it is tried without reading the journal first. */
  readonly creates: (command: Command) => boolean
  readonly decide: (state: State | null, command: Command) => Result.Result<ReadonlyArray<Event>, Refusal>
  readonly evolve: (state: State | null, event: Event) => State
  readonly isPending: (state: State) => boolean
  /** What others promised and the command rests on: it is refused where they no longer own what they promised. */
  readonly guards?: (command: Command) => ReadonlyArray<Fence>
  /** Called once the facts are durable; it must only start things, never wait for them. */
  readonly react: (before: State | null, after: State) => Effect.Effect<void>
}

export interface Behavior<State, Command> {
  /** Decides, commits, evolves, reacts; answers the state after it. One command at a time: the entity's mailbox sees to that. */
  readonly handle: (command: Command) => Effect.Effect<State, Refusal>
  readonly state: Effect.Effect<State | null, Refusal>
}

interface Loaded<State> {
  readonly version: number
  readonly state: State | null
}

const unavailable = () => refuse("unavailable", "The journal does not answer; nothing was changed for certain. Try again.")

const takenOver = () => refuse("unavailable", "Another process has taken this over; nothing was changed. Try again.")

const voidPromise = () => refuse("unavailable", "What this rests on was promised by a process that was replaced. Try again.", promiseVoid)

/** Runs rules on the journal. After a `Fenced` commit this process no longer owns the entity, and says so to whoever asks. */
export const make = Effect.fnUntraced(function*<State extends Json, Command, Event extends Json>(
  rules: Rules<State, Command, Event>
): Effect.fn.Return<Behavior<State, Command>, never, Journal | Ownership> {
  const journal = yield* Journal
  const ownership = yield* Ownership
  const stream = { type: rules.type, id: rules.id }
  const shard = ownership.shardOf(rules.type, rules.id)
  let held: Loaded<State> | undefined
  /** A commit was sent and nobody knows what became of it: if it did, what follows from it was never begun. */
  let isUnsure = false

  const load = journal.load(stream).pipe(
    Effect.map((found): Loaded<State> => {
      held = Option.match(found, {
        onNone: () => ({ version: 0, state: null }),
        onSome: ({ version, state }) => ({ version, state: state as State | null })
      })
      return held
    }),
    Effect.mapError(({ cause }) => cause instanceof NewerState ? refuse("unavailable", cause.message, "NewerRelease") : unavailable()),
    Effect.tap(({ state }) => {
      if (!isUnsure) return Effect.void
      isUnsure = false
      return state === null || !rules.isPending(state) ? Effect.void : rules.react(null, state)
    })
  )
  const current = Effect.suspend(() => held === undefined ? load : Effect.succeed(held))

  const attempt = (command: Command, from: Loaded<State>): Effect.Effect<Option.Option<State>, Refusal> => {
    const decision = rules.decide(from.state, command)
    if (Result.isFailure(decision)) return Effect.fail(decision.failure)
    const events = decision.success
    if (events.length === 0 && from.state !== null) return Effect.succeedSome(from.state)
    let after = from.state
    for (const event of events) after = rules.evolve(after, event)
    if (after === null) return Effect.fail(refuse("notFound", `${rules.type} ${rules.id} could not be found.`))
    const next = after
    return journal.commit({
      shard,
      epoch: ownership.epochOf(shard),
      guards: rules.guards?.(command) ?? [],
      requestId: null,
      appends: [{ stream, expectedVersion: from.version, events, state: next, pending: rules.isPending(next) }],
      reply: null
    }).pipe(
      Effect.flatMap(() => {
        held = { version: from.version + 1, state: next }
        return Effect.as(rules.react(from.state, next), Option.some(next))
      }),
      Effect.catchTags({
        Fenced: (fenced) => Effect.suspend(() => {
          if (fenced.shard !== shard) return Effect.fail(voidPromise())
          held = undefined
          return Effect.fail(takenOver())
        }),
        VersionConflict: () => Effect.sync(() => { held = undefined; return Option.none<State>() }),
        // Whether it was applied is unknown: forget, and read the truth next time.
        JournalUnavailable: () => Effect.suspend(() => {
          held = undefined
          isUnsure = true
          return Effect.fail(unavailable())
        })
      }),
      // Whoever asked may stop waiting; what was begun is still brought to its end.
      Effect.uninterruptible
    )
  }

  const handle = Effect.fnUntraced(function*(command: Command) {
    for (let attempts = 0; attempts < Limits.writeRetriesMax; attempts++) {
      const isBlind = attempts === 0 && held === undefined && rules.creates(command)
      const from = isBlind ? { version: 0, state: null } : yield* current
      const done = yield* attempt(command, from)
      if (Option.isSome(done)) return done.value
    }
    return yield* Effect.fail(unavailable())
  })

  /** After a defect nobody knows what memory says: the next command reads the journal. */
  const forget = Effect.sync(() => { held = undefined })
  return { handle: (command) => Effect.tapDefect(handle(command), () => forget), state: Effect.map(current, ({ state }) => state) }
})
