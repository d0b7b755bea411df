/**
 * What stands before the runners: sends each request to one of those that say they are ready, and takes a request that
 * no runner has begun to work on to the next one.
 */
import { Agent, request as httpRequest } from "node:http"
import { Effect } from "effect"
import type { Scope } from "effect"
import { login } from "../fixtures/api.ts"
import type { Runner } from "../fixtures/cluster.ts"

export interface Answer {
  readonly status: number
  /** Parsed JSON; `undefined` where there is none. */
  readonly body: unknown
}

/** No answer came, and why: `timeout`, or Node's code of the connection's failure. */
export interface Broken {
  readonly why: string
  /** Nothing of the request was sent: it is for another runner to take. */
  readonly isUnsent: boolean
}

export interface Sent {
  readonly outcome: Answer | Broken
  readonly via: Runner
  readonly tookMillis: number
  /** It was sent before, to a runner that took it and was gone without an answer: its work may be done already. */
  readonly isRepeat: boolean
}

export const isAnswer = (outcome: Answer | Broken): outcome is Answer => "status" in outcome

const timeoutMillis = 20_000
const healthEveryMillis = 100
const healthTimeoutMillis = 500
const patienceMillis = 10_000

interface Ask {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

const isIdempotent = (method: string) => method !== "POST"

/** One request on one connection; never rejects. */
const exchange = (agent: Agent, url: string, headers: Record<string, string>, { body, method, path }: Ask, timeout: number): Promise<Answer | Broken> =>
  new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const sent = httpRequest(`${url}${path}`, {
      agent, method, headers: text === undefined ? headers : { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) }
    })
    let isConnected = false
    let hasAnswered = false
    const broken = (why: string) => {
      clearTimeout(timer)
      // A reset before the first byte of an answer: what is harmless to repeat may go elsewhere.
      resolve({ why, isUnsent: !isConnected || (!hasAnswered && why === "ECONNRESET" && isIdempotent(method)) })
    }
    const timer = setTimeout(() => {
      broken("timeout")
      sent.destroy()
    }, timeout)
    sent.on("socket", (socket) => {
      isConnected = !socket.connecting
      if (!isConnected) socket.once("connect", () => isConnected = true)
    })
    sent.on("error", (error: NodeJS.ErrnoException) => broken(error.code ?? error.message))
    sent.on("response", (reply) => {
      hasAnswered = true
      let said = ""
      reply.setEncoding("utf8").on("data", (chunk: string) => said += chunk)
      reply.on("error", (error: NodeJS.ErrnoException) => broken(error.code ?? error.message))
      reply.on("end", () => {
        clearTimeout(timer)
        const isJson = reply.headers["content-type"]?.includes("json") === true && said !== ""
        resolve({ status: reply.statusCode ?? 0, body: isJson ? JSON.parse(said) : undefined })
      })
    })
    sent.end(text)
  })

export interface Front {
  readonly projectId: string
  readonly token: string
  /** To a runner of the front's choice, or to the one named. */
  readonly send: (ask: Ask, to?: Runner) => Promise<Sent>
  readonly isReady: (runner: Runner) => boolean
  readonly add: (runner: Runner) => void
}

/** Watches the runners and sends requests until the scope closes. */
export const makeFront = (first: ReadonlyArray<Runner>): Effect.Effect<Front, Error, Scope.Scope> =>
  Effect.gen(function*() {
    const { projectId, token } = yield* login(first[0]!)
    const runners = [...first]
    const ready = new Set<Runner>(first)
    const agents = new Map<Runner, Agent>()
    const agentOf = (runner: Runner) => {
      const found = agents.get(runner) ?? new Agent({ keepAlive: true, maxSockets: 512 })
      agents.set(runner, found)
      return found
    }
    const headers = { "x-auth-token": token, "openstack-api-version": "compute 2.96" }
    const health = new Agent({ keepAlive: false })
    const look = async (runner: Runner) => {
      const outcome = await exchange(health, runner.url, {}, { method: "GET", path: "/healthz" }, healthTimeoutMillis)
      if (isAnswer(outcome) && outcome.status === 200) ready.add(runner)
      else ready.delete(runner)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => setInterval(() => void Promise.all(runners.map(look)), healthEveryMillis)),
      (timer) => Effect.sync(() => {
        clearInterval(timer)
        for (const agent of [health, ...agents.values()]) agent.destroy()
      })
    )

    let turn = 0
    const choose = (tried: ReadonlySet<Runner>): Runner | undefined => {
      const choices = runners.filter((runner) => ready.has(runner) && !tried.has(runner))
      return choices[turn++ % Math.max(1, choices.length)]
    }
    const send: Front["send"] = async (ask, to) => {
      const startedAt = performance.now()
      const tried = new Set<Runner>()
      let isRepeat = false
      const told = (outcome: Answer | Broken, via: Runner): Sent => ({ outcome, via, tookMillis: performance.now() - startedAt, isRepeat })
      for (;;) {
        const runner = to ?? choose(tried)
        if (runner === undefined) {
          // Nobody is ready: a front keeps the request for a while.
          if (performance.now() - startedAt > patienceMillis) return told({ why: "nobody is ready", isUnsent: true }, runners[0]!)
          tried.clear()
          await new Promise((resolve) => setTimeout(resolve, healthEveryMillis))
          continue
        }
        const outcome = await exchange(agentOf(runner), runner.url, headers, ask, timeoutMillis)
        if (isAnswer(outcome) || !outcome.isUnsent || to !== undefined) return told(outcome, runner)
        isRepeat ||= outcome.why === "ECONNRESET"
        tried.add(runner)
      }
    }
    return { projectId, token, send, isReady: (runner) => ready.has(runner), add: (runner) => void runners.push(runner) }
  })
