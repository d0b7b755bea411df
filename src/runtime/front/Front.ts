/** One address for all runners of a cloud: a reverse proxy that knows which of them are ready. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { pipeline } from "node:stream"
import { Effect, FiberSet, Schema } from "effect"
import type { Scope } from "effect"
import { Limits } from "../Limits.ts"
import { failed, health, ofEach, onTheWire, type Own, slowBody } from "./answers.ts"
import { type Body, readBody } from "./body.ts"
import { eachRunner, forward } from "./forward.ts"
import { toClient, toRunner } from "./headers.ts"
import * as Runners from "./Runners.ts"
import { askUpgrade, join } from "./upgrade.ts"

export class FrontError extends Schema.TaggedError<FrontError>()("FrontError", { cause: Schema.Defect() }) {}

export interface FrontOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** `http://10.0.0.1:8774` of each runner. */
  readonly to: ReadonlyArray<string>
}

const isLasting = (path: string): boolean => /^\/(rpc|agent)(\/|\?|$)/.test(path)

const clientOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? "unknown"

const say = (response: ServerResponse, { body, headers, status }: Own) =>
  Effect.sync(() => void response.writeHead(status, headers).end(response.req.method === "HEAD" ? undefined : body))

/** Ends when the answer has been taken, or when either side went away: then both ends are closed. */
const relay = (incoming: IncomingMessage, response: ServerResponse, isLast: boolean) =>
  Effect.callback<void>((resume) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, toClient(incoming.headers, isLast))
    response.flushHeaders()
    pipeline(incoming, response, () => resume(Effect.void))
  })

const answer = (runners: Runners.Runners, request: IncomingMessage, response: ServerResponse, body: Body) => {
  const { method = "GET", url: path = "/" } = request
  const headers = toRunner(request.headers, clientOf(request))
  const framed = body.rest === null
    ? request.headers["transfer-encoding"] === undefined ? headers : { ...headers, "content-length": body.kept.length }
    : headers
  return forward(runners, { method, path, headers: framed, body, isLasting: isLasting(path) }).pipe(
    // What a runner refused without reading it is not read here either.
    Effect.flatMap((incoming) => relay(incoming, response, !request.complete)),
    Effect.catch((error) => say(response, request.complete ? failed(error) : { ...failed(error), headers: { ...failed(error).headers, connection: "close" } }))
  )
}

const handle = (runners: Runners.Runners, request: IncomingMessage, response: ServerResponse): Effect.Effect<void> => {
  const path = request.url?.split("?")[0]
  if (path === "/healthz") return say(response, health(runners.all.filter(({ isReady }) => isReady).length, runners.all.length))
  if (path === "/metrics" || path === "/status") return say(response, ofEach)
  // The runner and the front's own side of it look after silence there.
  if (isLasting(path ?? "/")) request.socket.setTimeout(0)
  return readBody(request).pipe(
    Effect.flatMap((body) => Effect.succeed(answer(runners, request, response, body))),
    Effect.timeoutOrElse({ duration: Limits.bodyMillisMax, orElse: () => Effect.succeed(say(response, slowBody)) }),
    Effect.flatten
  )
}

const upgrade = (runners: Runners.Runners, request: IncomingMessage, client: Duplex, early: Buffer): Effect.Effect<void> => {
  const headers = { ...toRunner(request.headers, clientOf(request)), connection: "Upgrade", upgrade: request.headers.upgrade }
  if (early.length > 0) client.unshift(early)
  return eachRunner(runners, (runner) => askUpgrade(runner, request.url ?? "/", headers), ({ loss }) => loss !== "unknown").pipe(
    Effect.flatMap((upgraded) => join(upgraded, client)),
    Effect.catch((error) => Effect.sync(() => void client.end(onTheWire(failed(error)))))
  )
}

const listen = (node: ReturnType<typeof createServer>, host: string, port: number) =>
  Effect.callback<number, FrontError>((resume) => {
    const onError = (cause: Error) => resume(Effect.fail(new FrontError({ cause })))
    node.once("error", onError).listen(port, host, () => {
      const address = node.address()
      node.off("error", onError)
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/** Requests under way may end; connections without one are closed. */
const close = (node: ReturnType<typeof createServer>) =>
  Effect.callback<void>((resume) => void node.close(() => resume(Effect.void))).pipe(
    Effect.timeoutOrElse({ duration: Limits.shutdownMillis, orElse: () => Effect.sync(() => node.closeAllConnections()) })
  )

/** Serves until the scope closes. */
export const serve = ({ host, port, to }: FrontOptions): Effect.Effect<{ readonly port: number }, FrontError, Scope.Scope> =>
  Effect.gen(function*() {
    const runners = yield* Runners.make(to)
    const run = yield* FiberSet.makeRuntime()
    const node = createServer({
      headersTimeout: Limits.headerMillisMax,
      requestTimeout: 0,
      connectionsCheckingInterval: Limits.connectionCheckMillis,
      maxHeaderSize: Limits.headerBytesMax,
      noDelay: true
    })
    node.maxConnections = Limits.connectionsMax
    node.maxHeadersCount = Limits.headersMax
    node.timeout = Limits.frontIdleMillisMax
    node.on("request", (request, response) => {
      const fiber = run(handle(runners, request, response))
      response.once("close", () => response.writableFinished || fiber.interruptUnsafe())
    })
    const bound = yield* Effect.acquireRelease(listen(node, host, port), () => close(node))
    const runUpgraded = yield* FiberSet.makeRuntime()
    node.on("upgrade", (request, client, early) => {
      client.on("error", () => client.destroy())
      request.socket.setTimeout(0)
      const fiber = runUpgraded(upgrade(runners, request, client, early))
      client.once("close", () => fiber.interruptUnsafe())
    })
    return { port: bound }
  })
