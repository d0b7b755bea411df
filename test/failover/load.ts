/** Servers made, stopped, shown and deleted at a steady rate, and what the cluster said to each request. */
import { Effect, Fiber } from "effect"
import type { Scope } from "effect"
import { items, text } from "../fixtures/json.ts"
import { isAnswer } from "./front.ts"
import type { Front, Sent } from "./front.ts"

export type Operation = "create" | "show" | "stop" | "delete"

export interface Failure {
  readonly operation: Operation
  readonly why: string
  readonly via: string
  /** Milliseconds since the load began. */
  readonly atMillis: number
  readonly tookMillis: number
}

export interface Story {
  readonly name: string
  /** `null`: the create was not acknowledged. */
  id: string | null
  isUnderWay: boolean
  madeAtMillis: number
  stop: "no" | "asked" | "acknowledged"
  delete: "no" | "asked" | "acknowledged"
}

export interface Ledger {
  readonly stories: ReadonlyArray<Story>
  readonly failures: ReadonlyArray<Failure>
  /** When each create was acknowledged. */
  readonly createdAtMillis: ReadonlyArray<number>
  /** By operation and status: `create 202`. */
  readonly counts: ReadonlyMap<string, number>
  readonly requests: number
  /** The longest that an answered request took. */
  readonly slowestMillis: number
}

export interface Load {
  /** What `before` answered. */
  readonly before: ReadonlyArray<string>
  readonly ledger: Ledger
  /** Ends it, and waits for what is under way. */
  readonly finish: Effect.Effect<Ledger>
  readonly nowMillis: () => number
}

export interface LoadOptions {
  readonly front: Front
  /** Servers made each second; as many other requests are sent. */
  readonly boots: number
  /** Servers that the project may have at a time. */
  readonly quota: number
  readonly seed?: number
  /** Runs before the load begins; it is given what makes a server. */
  readonly before: (body: (name: string) => unknown) => Effect.Effect<ReadonlyArray<string>, Error>
}

/** What is asked of a server, comes this long after it was made. */
const restMillis = 1_000
const underWayMax = 600

/** mulberry32 */
const chances = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

class Runs {
  readonly stories: Array<Story> = []
  readonly failures: Array<Failure> = []
  readonly createdAtMillis: Array<number> = []
  readonly counts = new Map<string, number>()
  readonly #front: Front
  readonly #body: (name: string) => unknown
  readonly #chance: () => number
  readonly #startedAt = performance.now()
  readonly #underWay = new Set<Promise<void>>()
  #rest = 0
  requests = 0
  slowestMillis = 0

  constructor({ front, seed = 1 }: LoadOptions, body: (name: string) => unknown) {
    this.#front = front
    this.#body = body
    this.#chance = chances(seed)
  }

  get nowMillis(): number {
    return performance.now() - this.#startedAt
  }

  #told(operation: Operation, { outcome, tookMillis, via }: Sent, expected: ReadonlyArray<number>): void {
    const key = `${operation} ${isAnswer(outcome) ? outcome.status : outcome.why}`
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    this.requests += 1
    if (isAnswer(outcome)) this.slowestMillis = Math.max(this.slowestMillis, tookMillis)
    if (isAnswer(outcome) && expected.includes(outcome.status)) return
    const why = isAnswer(outcome) ? `${outcome.status} ${JSON.stringify(outcome.body)?.slice(0, 200)}` : outcome.why
    this.failures.push({ operation, why, via: via.name, atMillis: this.nowMillis, tookMillis })
  }

  async #create(): Promise<void> {
    const story: Story = { name: `load-${this.stories.length}`, id: null, isUnderWay: true, madeAtMillis: 0, stop: "no", delete: "no" }
    this.stories.push(story)
    const sent = await this.#front.send({ method: "POST", path: "/compute/v2.1/servers", body: this.#body(story.name) })
    story.isUnderWay = false
    this.#told("create", sent, [202, 403])
    if (!isAnswer(sent.outcome) || sent.outcome.status !== 202) return
    story.id = text(sent.outcome.body, "server.id")
    story.madeAtMillis = this.nowMillis
    this.createdAtMillis.push(story.madeAtMillis)
  }

  /** A server made a while ago of which nothing was asked yet; the oldest not seen before. */
  #next(): Story | undefined {
    const story = this.stories[this.#rest]
    if (story === undefined || story.isUnderWay || story.id !== null && story.madeAtMillis + restMillis > this.nowMillis) return undefined
    this.#rest += 1
    return story.id === null ? this.#next() : story
  }

  async #act(): Promise<void> {
    const story = this.#next()
    if (story === undefined) return
    const path = `/compute/v2.1/servers/${story.id}`
    const dice = this.#chance()
    if (dice < 0.4) return this.#told("show", await this.#front.send({ method: "GET", path }), [200])
    if (dice < 0.7) {
      story.stop = "asked"
      const sent = await this.#front.send({ method: "POST", path: `${path}/action`, body: { "os-stop": null } })
      // 409: it is not built yet.
      this.#told("stop", sent, [202, 409])
      if (isAnswer(sent.outcome)) story.stop = sent.outcome.status === 202 ? "acknowledged" : sent.outcome.status === 409 ? "no" : "asked"
      return
    }
    story.delete = "asked"
    const sent = await this.#front.send({ method: "DELETE", path })
    // 404: the runner that was killed had deleted it before it could say so.
    const expected = sent.isRepeat ? [204, 404] : [204]
    this.#told("delete", sent, expected)
    if (isAnswer(sent.outcome) && expected.includes(sent.outcome.status)) story.delete = "acknowledged"
  }

  /** One server more, and one request on another. */
  tick(): void {
    if (this.#underWay.size >= underWayMax) return
    for (const run of [this.#create(), this.#act()]) {
      const watched: Promise<void> = run.finally(() => this.#underWay.delete(watched))
      this.#underWay.add(watched)
    }
  }

  async finish(): Promise<Ledger> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    return this
  }
}

/** What a server is made of, in a project that may have this many of them. */
const prepare = (front: Front, quota: number): Effect.Effect<(name: string) => unknown> =>
  Effect.promise(async () => {
    const { projectId } = front
    const put = async (path: string, body: unknown) => {
      const { outcome } = await front.send({ method: "PUT", path, body })
      if (!isAnswer(outcome) || outcome.status !== 200) throw new Error(`PUT ${path}: ${JSON.stringify(outcome)}`)
    }
    await put(`/compute/v2.1/os-quota-sets/${projectId}`, { quota_set: { instances: quota, cores: -1, ram: -1 } })
    await put(`/network/v2.0/quotas/${projectId}`, { quota: { port: -1 } })
    const ask = async (path: string, list: string) => {
      const { outcome } = await front.send({ method: "GET", path })
      return text(items((outcome as { readonly body: unknown }).body, list)[0], "id")
    }
    const imageRef = await ask("/image/v2/images?name=tiny", "images")
    const uuid = await ask("/network/v2.0/networks?name=private", "networks")
    return (name) => ({ server: { name, flavorRef: "1", imageRef, networks: [{ uuid }] } })
  })

/** Begins at once; `finish` ends it. */
export const startLoad = (options: LoadOptions): Effect.Effect<Load, Error, Scope.Scope> =>
  Effect.gen(function*() {
    const body = yield* prepare(options.front, options.quota)
    const before = yield* options.before(body)
    const runs = new Runs(options, body)
    let due = 0
    const pace = Effect.sync(() => {
      for (; due * 1000 / options.boots <= runs.nowMillis; due++) runs.tick()
    }).pipe(Effect.andThen(Effect.sleep(5)), Effect.forever)
    const pacing = yield* Effect.forkScoped(pace)
    return {
      before,
      ledger: runs,
      nowMillis: () => runs.nowMillis,
      finish: Effect.andThen(Fiber.interrupt(pacing), Effect.promise(() => runs.finish()))
    }
  })

/** The longest time, within the load, in which no create was acknowledged: milliseconds. */
export const longestGap = (timesMillis: ReadonlyArray<number>): number =>
  timesMillis.reduce((longest, time, index) => index === 0 ? 0 : Math.max(longest, time - timesMillis[index - 1]!), 0)

/** Of the requests, for the report: `12 of 3000 failed: 10 create ECONNRESET, 2 show timeout`. */
export const summary = ({ counts, failures, requests }: Ledger): string => {
  const kinds = new Map<string, number>()
  for (const { operation, why } of failures) {
    const kind = `${operation} ${why.slice(0, 40)}`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  const said = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ")
  return `${failures.length} of ${requests} failed${said === "" ? "" : `: ${said}`} (${[...counts].map(([key, count]) => `${key}: ${count}`).join(", ")})`
}

