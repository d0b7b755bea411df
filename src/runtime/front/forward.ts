/** One request, sent to a runner, and to another one where that can do no harm. */
import { type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from "node:http"
import { Effect, Schema } from "effect"
import { Limits } from "../Limits.ts"
import type { Body } from "./body.ts"
import { isSafe, lossOf, mayRepeat } from "./loss.ts"
import type { Runner, Runners } from "./Runners.ts"

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Body
  /** It may be silent for long: a stream of events. */
  readonly isLasting: boolean
}

/** No answer of this runner will come. */
export class Lost extends Schema.TaggedError<Lost>()("Lost", {
  loss: Schema.Literals(["unsent", "unread", "unknown"]),
  message: Schema.String
}) {}

/** No runner could be asked. */
export class NoRunner extends Schema.TaggedError<NoRunner>()("NoRunner", {}) {}

/** Answers with the head; the body is the reader's to take. Nothing is sent before there is a connection. */
const ask = (runner: Runner, agent: Runners["agent"], { body, headers, isLasting, method, path }: Request) =>
  Effect.callback<IncomingMessage, Lost>((resume) => {
    let isConnected = false
    const outgoing = httpRequest({
      host: runner.host, port: runner.port, method, path, headers,
      // A body that cannot be sent twice gets a connection that no one can have closed in the meantime.
      agent: body.rest === null ? agent : false
    })
    const connecting = setTimeout(() => outgoing.destroy(new Error("it does not take connections")), Limits.frontConnectMillisMax)
    const abandon = () => outgoing.destroy(new Error("it does not answer"))
    if (isSafe(method)) runner.onSilence.add(abandon)
    const settle = () => {
      clearTimeout(connecting)
      runner.onSilence.delete(abandon)
    }
    const send = () => {
      isConnected = true
      clearTimeout(connecting)
      if (body.rest === null) return outgoing.end(body.kept)
      outgoing.write(body.kept)
      return body.rest.pipe(outgoing)
    }
    runner.inFlight += 1
    outgoing.once("close", () => (runner.inFlight -= 1))
    outgoing.once("socket", (socket) => {
      if (socket.connecting) socket.once("connect", send)
      else send()
    })
    if (!isLasting) outgoing.setTimeout(Limits.frontIdleMillisMax, abandon)
    outgoing.once("response", (incoming) => {
      settle()
      resume(Effect.succeed(incoming))
    })
    outgoing.on("error", (error) => {
      settle()
      resume(Effect.fail(new Lost({ loss: lossOf(error, isConnected), message: error.message })))
    })
    return Effect.sync(() => {
      settle()
      outgoing.destroy()
    })
  })

/** The runners in turn, as long as no harm can come of one more. */
export const eachRunner = <A>(
  runners: Runners,
  ask: (runner: Runner) => Effect.Effect<A, Lost>,
  mayAskAgain: (lost: Lost) => boolean
): Effect.Effect<A, Lost | NoRunner> => {
  const tried = new Set<Runner>()
  const next: Effect.Effect<A, Lost | NoRunner> = Effect.suspend(() => {
    const runner = runners.next(tried)
    if (runner === undefined) return Effect.fail(new NoRunner())
    tried.add(runner)
    return Effect.catch(ask(runner), (lost) => {
      // It gets no more requests until it is seen to be well.
      if (lost.loss === "unsent") runner.isReady = false
      return mayAskAgain(lost) ? next : Effect.fail(lost)
    })
  })
  return next
}

export const forward = (runners: Runners, request: Request): Effect.Effect<IncomingMessage, Lost | NoRunner> =>
  eachRunner(
    runners,
    (runner) => ask(runner, runners.agent, request),
    ({ loss }) => mayRepeat(loss, request.method, request.body.rest === null)
  )
