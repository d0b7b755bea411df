/** One host as its agent serves it: attached to the runner that drives it, or looking for that runner. */
import { join } from "node:path"
import { Deferred, Effect, Queue, Random, Stream } from "effect"
import type { Scope } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import { type DomainEvent, type Driver, DriverError } from "../Driver.ts"
import { makeCallDesk } from "./callDesk.ts"
import type { Authority, RunnerClient } from "./dial.ts"
import { openHostMemory } from "./hostMemory.ts"
import type { ImageCache, ReadImage } from "./imageCache.ts"
import { isRefusal, waitMillis } from "./patience.ts"
import type { Answer } from "./protocol.ts"
import { session, type SessionEnd } from "./session.ts"
import { makeUrls } from "./urls.ts"

export interface AgentHostOptions {
  readonly hostname: string
  readonly driver: Driver
  readonly token: string
  readonly agentId: string
  readonly version: string
  readonly control: ReadonlyArray<string>
  /** Which of them to dial first: the agent of many hosts does not send all of them to one runner. */
  readonly turn: number
  readonly folder: string
  readonly acceptLoss: boolean
  readonly authority: Authority
  readonly images: ImageCache | null
  readonly onAdopted: (hostname: string, controlUrl: string, epoch: number) => Effect.Effect<void>
}

export interface AgentHost {
  readonly saw: (event: DomainEvent) => void
  /** Never ends. */
  readonly serve: Effect.Effect<never>
}

/** The connection in force, for whoever has something to say. */
const makeLine = () => {
  let client: RunnerClient | undefined
  let attached = Deferred.makeUnsafe<RunnerClient>()
  return {
    open: (next: RunnerClient): void => {
      client = next
      Deferred.doneUnsafe(attached, Effect.succeed(next))
    },
    close: (): void => {
      client = undefined
      attached = Deferred.makeUnsafe()
    },
    now: () => client,
    wait: Effect.suspend(() => Deferred.await(attached))
  }
}

export const fileOfHost = (folder: string, hostname: string, name: string): string =>
  join(folder, "hosts", encodeURIComponent(hostname), name)

export const makeAgentHost = Effect.fnUntraced(function*(
  options: AgentHostOptions
): Effect.fn.Return<AgentHost, DriverError, Scope.Scope> {
  const { driver, hostname, images } = options
  const memory = yield* Effect.try({
    try: () => openHostMemory(fileOfHost(options.folder, hostname, "control.json"), options),
    catch: (cause) =>
      new DriverError({ operation: "agent", message: cause instanceof Error ? cause.message : String(cause), isRetryable: false })
  })
  const urls = makeUrls(options.control, options.turn)
  const line = makeLine()
  const seen = yield* Queue.sliding<DomainEvent>(Limits.agentEventsMax)

  const tell = (id: string, answer: Answer): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      const client = line.now()
      return client === undefined
        ? Effect.succeed(false)
        : client.Answer({ id, answer }).pipe(Effect.as(true), Effect.catchCause(() => Effect.succeed(false)))
    })
  const read: ReadImage = (imageId) =>
    Stream.unwrap(Effect.map(line.wait, (client) => client.ImageBytes({ imageId }))).pipe(
      Stream.mapError((error) =>
        error._tag === "AgentRefusal" ? new DriverError({ operation: "image", message: error.message, isRetryable: true }) : error)
    )
  const desk = yield* makeCallDesk({
    driver, memory, tell, localize: (call) => images === null ? Effect.succeed(call) : images.localize(call, read)
  })
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.takeAll(seen), (events) => {
    const client = line.now()
    return client === undefined ? Effect.void : Effect.ignoreCause(client.Saw({ events }))
  })))

  let tries = 0
  let redirects = 0
  let lastReason: SessionEnd["reason"] | undefined
  const connect = (url: string) =>
    session(url, {
      ...options,
      memory,
      desk,
      onAdopted: (client, { controlUrls, epoch }) =>
        Effect.suspend(() => {
          tries = 0
          redirects = 0
          lastReason = undefined
          urls.learn(controlUrls)
          line.open(client)
          return options.onAdopted(hostname, url, epoch)
        }),
      onLost: Effect.sync(line.close)
    })

  const say = (url: string, end: SessionEnd, wait: number) => {
    const text = `Host ${hostname} at ${url}: ${end.message} (next try in ${(wait / 1000).toFixed(1)} s)`
    const isNews = end.reason !== lastReason
    lastReason = end.reason
    if (isRefusal(end)) return Effect.logError(text)
    return isNews ? Effect.logWarning(text) : Effect.logDebug(text)
  }
  const round = Effect.gen(function*() {
    const url = urls.next()
    const end = yield* connect(url)
    if (end.controlUrl !== null) {
      redirects += 1
      urls.prefer(end.controlUrl)
    }
    const wait = waitMillis(end, tries, redirects, yield* Random.next)
    tries += 1
    if (wait > 0) yield* say(url, end, wait)
    yield* Effect.sleep(wait)
  })
  return { saw: (event) => void Queue.offerUnsafe(seen, event), serve: Effect.forever(round) }
})
