import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Clock, type Context, Effect, Metric, type Scope, Stream } from "effect"
import type { ServeError } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { createServer } from "node:http"
import { Limits } from "../../runtime/Limits.ts"
import { bodyBroken } from "./body.ts"
import type { Face, Incoming, Reply } from "./Face.ts"
import { makeRequestId } from "./requestId.ts"

export type Mount = Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest | Scope.Scope>

export interface ServerOptions {
  readonly host: string
  /** 0: any free one; `serve` answers which. */
  readonly port: number
  readonly faces: ReadonlyArray<Face>
  /** `GET /healthz` answers 200 once this is true, 503 before. */
  readonly isReady: Effect.Effect<boolean>
  /** While this is false, connections are closed after their answer. Default: they are kept. */
  readonly isStaying?: Effect.Effect<boolean>
  /** Answers when the server is about to end: those who stay connected for ever are let go. */
  readonly closing?: Effect.Effect<void>
  /** What `GET /status` tells anybody who asks, JSON. */
  readonly status?: Effect.Effect<object>
  /** What callers see, `https://cloud.example`, where a proxy in front changes it. Default: from their Host header. */
  readonly publicOrigin?: string
  /** Whatever else lives on this port, by first path segment: the RPC face. */
  readonly mounts?: Readonly<Record<string, Mount>>
}

const json = (status: number, body: unknown) => HttpServerResponse.jsonUnsafe(body, { status })

const requests = Metric.counter("kilonova_http_requests", { description: "Requests answered", incremental: true })
const seconds = Metric.histogram("kilonova_http_request_seconds", {
  description: "From the head of a request to its answer",
  boundaries: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
})

/** Counts per face, method and status; each set of attributes is made once. */
const meter = () => {
  const counters = new Map<string, Metric.Counter<number>>()
  const timers = new Map<string, Metric.Histogram<number>>()
  const once = <A>(made: Map<string, A>, key: string, make: () => A): A => {
    const found = made.get(key)
    if (found !== undefined) return found
    const fresh = make()
    made.set(key, fresh)
    return fresh
  }
  return (face: string, method: string, status: number, elapsed: number, context: Context.Context<never>) => {
    once(counters, `${face} ${method} ${status}`, () =>
      Metric.withAttributes(requests, { face, method, status: String(status) })).updateUnsafe(1, context)
    once(timers, face, () => Metric.withAttributes(seconds, { face })).updateUnsafe(elapsed, context)
  }
}

const responseOf = (reply: Reply): HttpServerResponse.HttpServerResponse => {
  const { payload, status } = reply
  const options = { status, headers: reply.headers, contentType: reply.headers["content-type"] }
  if (payload === null) return HttpServerResponse.empty(options)
  if (typeof payload === "string") return HttpServerResponse.text(payload, options)
  return payload instanceof Uint8Array
    ? HttpServerResponse.uint8Array(payload, options)
    : HttpServerResponse.stream(payload, options)
}

/** `/compute/v2.1/servers?limit=1` → prefix `/compute`, path `/v2.1/servers`, search `limit=1`. */
const splitUrl = (url: string) => {
  const mark = url.indexOf("?")
  const whole = mark < 0 ? url : url.slice(0, mark)
  const slash = whole.indexOf("/", 1)
  return {
    prefix: slash < 0 ? whole : whole.slice(0, slash),
    path: slash < 0 ? "/" : whole.slice(slash),
    search: mark < 0 ? "" : url.slice(mark + 1)
  }
}

const makeApp = (options: ServerOptions) => {
  const faces = new Map(options.faces.map((face) => [face.prefix, face]))
  const record = meter()
  const { status } = options
  const originOf = (request: HttpServerRequest) =>
    options.publicOrigin ?? `http://${request.headers["host"] ?? `${options.host}:${options.port}`}`

  const own: Readonly<Record<string, (request: HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse>>> = {
    "/": (request) =>
      Effect.succeed(json(200, {
        services: options.faces.map(({ name, prefix }) => ({ name, url: `${originOf(request)}${prefix}` }))
      })),
    "/healthz": () =>
      Effect.map(options.isReady, (ready) => json(ready ? 200 : 503, { status: ready ? "ready" : "starting" })),
    "/metrics": () =>
      Effect.map(PrometheusMetrics.format(), (text) =>
        HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })),
    ...(status === undefined ? {} : { "/status": () => Effect.map(status, (told) => json(200, told)) })
  }

  const fromFace = (face: Face, request: HttpServerRequest, path: string, search: string) =>
    Effect.withFiber<HttpServerResponse.HttpServerResponse>((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const startedAt = clock.monotonicTimeNanosUnsafe()
      const incoming: Incoming = {
        method: request.method,
        path,
        search,
        base: `${originOf(request)}${face.prefix}`,
        headers: request.headers,
        requestId: makeRequestId(fiber),
        bytes: Stream.suspend(() => Stream.mapError(request.stream, () => bodyBroken)),
        // A client that waits for our "100 Continue" gets it from the stream.
        ...(request.headers["expect"] === undefined ? { source: NodeHttpServerRequest.toIncomingMessage(request) } : {})
      }
      return Effect.map(face.respond(incoming), (reply) => {
        const elapsed = Number(clock.monotonicTimeNanosUnsafe() - startedAt) / 1e9
        record(face.name, request.method, reply.status, elapsed, fiber.context as Context.Context<never>)
        return responseOf(reply)
      })
    })

  return Effect.flatMap(HttpServerRequest, (request) => {
    const { path, prefix, search } = splitUrl(request.url)
    const face = faces.get(prefix)
    if (face !== undefined) return fromFace(face, request, path, search)
    const mount = options.mounts?.[prefix]
    if (mount !== undefined) {
      // What lives there may say nothing for hours: a stream of events.
      NodeHttpServerRequest.toIncomingMessage(request).socket.setTimeout(0)
      const isSocket = options.closing !== undefined && request.headers["upgrade"]?.toLowerCase() === "websocket"
      return isSocket ? Effect.raceFirst(mount, Effect.as(options.closing!, HttpServerResponse.empty({ status: 503 }))) : mount
    }
    const page = path === "/" && Object.hasOwn(own, prefix) ? own[prefix] : undefined
    if (page === undefined) return Effect.succeed(json(404, { error: { code: 404, message: "No service has this path." } }))
    if (request.method === "GET" || request.method === "HEAD") return page(request)
    return Effect.succeed(HttpServerResponse.empty({ status: request.method === "OPTIONS" ? 200 : 405, headers: { allow: "GET, HEAD, OPTIONS" } }))
  })
}

/** While it is not ready, and about to stop perhaps, it keeps no connection: the next request finds another process. */
const letGo = (response: HttpServerResponse.HttpServerResponse, isStaying: Effect.Effect<boolean>) =>
  Effect.map(isStaying, (staying) => staying ? response : HttpServerResponse.setHeader(response, "connection", "close"))

/**
 * Listens until its scope closes, then finishes the requests under way. Slow heads are Node's to cut, slow bodies the
 * faces'; an open connection on which nothing moves for the time limit of a request is dropped.
 */
export const serve = (options: ServerOptions): Effect.Effect<{ readonly port: number }, ServeError, Scope.Scope> =>
  Effect.gen(function*() {
    const node = createServer({
      headersTimeout: Limits.headerMillisMax,
      requestTimeout: 0,
      connectionsCheckingInterval: Limits.connectionCheckMillis,
      maxHeaderSize: Limits.headerBytesMax,
      noDelay: true
    })
    node.maxConnections = Limits.connectionsMax
    node.maxHeadersCount = Limits.headersMax
    node.timeout = Limits.requestMillisMax
    // What is too large is cut off before it is read; a peer that stands still does not hold up the end.
    const websocket = { maxPayload: Limits.socketFrameBytesMax, closeTimeout: Limits.agentDeadMillis }
    const server = yield* NodeHttpServer.make(() => node, {
      host: options.host,
      port: options.port,
      websocket,
      gracefulShutdownTimeout: Limits.shutdownMillis
    })
    yield* server.serve(Effect.flatMap(makeApp(options), (response) => letGo(response, options.isStaying ?? Effect.succeed(true))))
    const address = node.address()
    return { port: typeof address === "object" && address !== null ? address.port : options.port }
  })
