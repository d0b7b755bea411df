/** A program that follows the events of servers, on one runner after another, and misses none. */
import { Effect, Fiber, Schedule, Stream } from "effect"
import type { Scope } from "effect"
import { KilonovaClient, layerSocket } from "../../src/api/rpc/client.ts"
import type { Runner } from "../fixtures/cluster.ts"
import type { Entry } from "./evidence.ts"
import type { Front } from "./front.ts"

interface Seen {
  readonly position: number
  readonly serverId: string
}

export interface Watcher {
  readonly seen: ReadonlyArray<Seen>
  /** How often it had to begin again. */
  readonly connections: () => number
  readonly position: () => number
  readonly end: Effect.Effect<void>
}

/** Follows what comes after this position, until the scope closes. */
export const startWatcher = (front: Front, runners: ReadonlyArray<Runner>, after: number): Effect.Effect<Watcher, never, Scope.Scope> =>
  Effect.gen(function*() {
    const seen: Array<Seen> = []
    let connections = 0
    const position = () => seen.at(-1)?.position ?? after
    const gone = (runner: Runner) =>
      Effect.repeat(Effect.delay(Effect.sync(() => !front.isReady(runner)), 100), { until: (isGone) => isGone })
    const follow = (runner: Runner) =>
      Effect.gen(function*() {
        const client = yield* KilonovaClient
        yield* Stream.runForEach(client.Events({ after: position() }), (event) =>
          Effect.sync(() => void seen.push({ position: event.position, serverId: event.serverId })))
      }).pipe(Effect.provide(layerSocket({ url: runner.url, token: front.token })), Effect.raceFirst(gone(runner)))
    const once = Effect.suspend(() => {
      const ready = runners.filter((runner) => front.isReady(runner))
      const runner = ready[connections++ % Math.max(1, ready.length)]
      return runner === undefined ? Effect.void : Effect.ignoreCause(follow(runner))
    })
    const fiber = yield* Effect.forkScoped(Effect.repeat(once, Schedule.spaced(100)))
    return { seen, connections: () => connections, position, end: Fiber.interrupt(fiber) }
  })

/** What it saw is what the feed says of servers, entry by entry. */
export const missed = ({ seen }: Watcher, feed: ReadonlyArray<Entry>, after: number): ReadonlyArray<string> => {
  const written = feed.filter(({ position, state, type }) => type === "Instance" && state !== null && position > after)
  const index = written.findIndex(({ id, position }, at) => seen[at]?.position !== position || seen[at]?.serverId !== id)
  const shown = (one: Seen | undefined) => one === undefined ? "nothing" : `${one.position} of ${one.serverId}`
  if (index >= 0) return [`the watcher saw ${shown(seen[index])} where the feed has ${written[index]!.position} of ${written[index]!.id}`]
  return seen.length === written.length ? [] : [`the watcher saw ${seen.length} events of ${written.length}`]
}
