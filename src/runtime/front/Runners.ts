/** The runners behind a front, and how they are. */
import { Agent, get } from "node:http"
import { Effect, Schedule } from "effect"
import type { Scope } from "effect"
import { Limits } from "../Limits.ts"
import { choose } from "./choose.ts"

/** Its members change as the front learns and forwards. */
export interface Runner {
  readonly url: string
  readonly host: string
  readonly port: number
  isReady: boolean
  inFlight: number
  /** Called when it no longer answers: whoever waits for it may ask another. */
  readonly onSilence: Set<() => void>
}

export interface Runners {
  readonly all: ReadonlyArray<Runner>
  readonly next: (tried: ReadonlySet<Runner>) => Runner | undefined
  /** Kept connections. */
  readonly agent: Agent
}

const runnerAt = (url: string): Runner => {
  const { hostname, port } = new URL(url)
  const host = hostname.replaceAll(/^\[|\]$/g, "")
  return { url, host, port: Number(port === "" ? 80 : port), isReady: false, inFlight: 0, onSilence: new Set() }
}

type Health = "ready" | "not ready" | "silent"

const probe = ({ host, port }: Runner, agent: Agent): Effect.Effect<Health> =>
  Effect.callback<Health>((resume) => {
    const request = get({ host, port, path: "/healthz", agent }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode === 200 ? "ready" : "not ready"))
    })
    request.on("error", () => resume(Effect.succeed("silent")))
    return Effect.sync(() => request.destroy())
  }).pipe(Effect.timeoutOrElse({ duration: Limits.frontHealthMillisMax, orElse: () => Effect.succeed<Health>("silent") }))

const look = (runner: Runner, agent: Agent): Effect.Effect<void> =>
  Effect.gen(function*() {
    const health = yield* probe(runner, agent)
    const wasReady = runner.isReady
    runner.isReady = health === "ready"
    if (health === "silent") [...runner.onSilence].forEach((abandon) => abandon())
    if (wasReady !== runner.isReady) {
      yield* runner.isReady ? Effect.logInfo(`${runner.url} is ready`) : Effect.logWarning(`${runner.url} is ${health}: it gets no requests`)
    }
  })

/** Looks at each of them again and again until the scope closes; the first look is done when this returns. */
export const make = (urls: ReadonlyArray<string>): Effect.Effect<Runners, never, Scope.Scope> =>
  Effect.gen(function*() {
    const makeAgent = (maxSockets: number) =>
      Effect.acquireRelease(Effect.sync(() => new Agent({ keepAlive: true, maxSockets })), (agent) =>
        Effect.sync(() => agent.destroy()))
    const agent = yield* makeAgent(Limits.frontSocketsMax)
    const probes = yield* makeAgent(1)
    const all = urls.map(runnerAt)
    let turn = 0
    yield* Effect.forEach(all, (runner) => look(runner, probes), { concurrency: "unbounded", discard: true })
    yield* Effect.forEach(
      all,
      (runner) => look(runner, probes).pipe(Effect.repeat(Schedule.spaced(Limits.frontPollMillis))),
      { concurrency: "unbounded", discard: true }
    ).pipe(Effect.forkScoped)
    return { all, agent, next: (tried) => choose(all, tried, turn++) }
  })
