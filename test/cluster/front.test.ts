/** The front before runners that behave and misbehave, and before real ones that are restarted one after another. */
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Front from "../../src/runtime/front/Front.ts"
import { type Api, login } from "../fixtures/api.ts"
import { kilonova } from "../fixtures/cloud.ts"
import { startCluster } from "../fixtures/cluster.ts"
import { at, text } from "../fixtures/json.ts"
import { describeRedis, freePort, until } from "../fixtures/redisServer.ts"

const healthy = (listener: RequestListener): RequestListener => (request, response) =>
  request.url === "/healthz" ? response.end("{}") : listener(request, response)

/** A runner by its behaviour. */
const runnerThat = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: Server; readonly url: string }>((resume) => {
      const server = createServer(healthy(listener)).listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({ server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })))
    }),
    ({ server }) => Effect.sync(() => server.close().closeAllConnections())
  )

const frontTo = (...to: ReadonlyArray<string>) =>
  Effect.map(Front.serve({ host: "127.0.0.1", port: 0, to }), ({ port }) => `http://127.0.0.1:${port}`)

const ask = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const reply = await fetch(url, init)
    return { status: reply.status, body: await reply.text() }
  })

/** Ends the connection in order without an answer, after the request was read. */
const vanish: RequestListener = (request) => void request.resume().on("end", () => request.socket.end())

const echo: RequestListener = (request, response) => {
  const { headers, method, url } = request
  let size = 0
  request.on("data", (chunk: Buffer) => (size += chunk.length)).on("end", () => response.end(JSON.stringify({ headers, method, url, size })))
}

const parsed = (body: string): Record<string, unknown> & { readonly headers: Record<string, string> } => JSON.parse(body)

describe("kilonova front", () => {
  it.live("passes a request on with its Host, and says who asked", () =>
    Effect.gen(function*() {
      const url = yield* frontTo((yield* runnerThat(echo)).url)
      const { headers, method, size, url: path } = parsed((yield* ask(`${url}/compute?a=1`, { method: "POST", body: "12345" })).body)
      assert.deepStrictEqual({ method, path, size, host: headers["host"] }, { method: "POST", path: "/compute?a=1", size: 5, host: new URL(url).host })
      assert.strictEqual(headers["x-forwarded-for"], "127.0.0.1")
    }))

  it.live("sends a POST to another runner where the first takes no connection, or resets it unread", () =>
    Effect.gen(function*() {
      const dead = yield* runnerThat(echo)
      const resetting = yield* runnerThat((request) => request.socket.resetAndDestroy())
      const living = yield* runnerThat(echo)
      const url = yield* frontTo(dead.url, resetting.url, living.url)
      yield* Effect.callback<void>((resume) => {
        dead.server.close(() => resume(Effect.void)).closeAllConnections()
      })
      const replies = yield* Effect.forEach([1, 2, 3, 4], () => ask(url, { method: "POST", body: "x" }))
      assert.deepStrictEqual(replies.map(({ status }) => status), [200, 200, 200, 200])
    }))

  it.live("repeats a GET whose runner vanished, and no POST: that may have been carried out", () =>
    Effect.gen(function*() {
      const url = yield* frontTo((yield* runnerThat(vanish)).url, (yield* runnerThat(echo)).url)
      const gets = yield* Effect.forEach([1, 2, 3, 4], () => ask(url))
      assert.deepStrictEqual(gets.map(({ status }) => status), [200, 200, 200, 200])
      const posts = yield* Effect.forEach([1, 2, 3, 4], () => ask(url, { method: "POST", body: "x" }))
      assert.deepStrictEqual(posts.map(({ status }) => status).sort(), [200, 200, 502, 502])
      assert.include(posts.find(({ status }) => status === 502)?.body, "look before you ask again")
    }))

  it.live("streams what is larger than it keeps", () =>
    Effect.gen(function*() {
      const bytes = 5_000_000
      const url = yield* frontTo((yield* runnerThat(echo)).url)
      const whole = yield* ask(url, { method: "PUT", body: Buffer.alloc(bytes) })
      const pieces = new ReadableStream({
        start: (controller) => {
          for (let sent = 0; sent < bytes; sent += 100_000) controller.enqueue(Buffer.alloc(100_000))
          controller.close()
        }
      })
      const chunked = yield* ask(url, { method: "PUT", body: pieces, duplex: "half" })
      assert.deepStrictEqual([whole, chunked].map(({ body }) => parsed(body)["size"]), [bytes, bytes])
    }))

  it.live("an answer that breaks off breaks off for the client too", () =>
    Effect.gen(function*() {
      const broken = yield* runnerThat((_, response) => {
        response.writeHead(200, { "content-length": 100 }).write("half")
        setImmediate(() => response.destroy())
      })
      const url = yield* frontTo(broken.url)
      const outcome = yield* Effect.exit(Effect.tryPromise(async () => (await fetch(url)).text()))
      assert.strictEqual(outcome._tag, "Failure")
    }))

  it.live("passes a websocket both ways", () =>
    Effect.gen(function*() {
      const { server, url: to } = yield* runnerThat(echo)
      server.on("upgrade", (request: IncomingMessage, socket) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`)
        socket.pipe(socket)
      })
      const url = yield* frontTo(to)
      const said = yield* Effect.callback<string>((resume) => {
        const outgoing = httpRequest(`${url}/agent`, { headers: { connection: "Upgrade", upgrade: "websocket" } })
        outgoing.on("upgrade", (_, socket) => {
          socket.on("data", (data: Buffer) => {
            socket.destroy()
            resume(Effect.succeed(data.toString()))
          })
          socket.write("hello")
        })
        outgoing.end()
      })
      assert.strictEqual(said, "hello")
    }))

  it.live("says that no runner is ready, and when one is", () =>
    Effect.gen(function*() {
      let status = 503
      const runner = yield* runnerThat(echo)
      runner.server.removeAllListeners("request").on("request", (request, response) => {
        response.writeHead(request.url === "/healthz" ? status : 200).end()
      })
      const url = yield* frontTo(runner.url)
      const refused = yield* ask(`${url}/compute`)
      assert.strictEqual(refused.status, 503)
      assert.include(refused.body, "No runner of this cloud is ready")
      assert.strictEqual((yield* ask(`${url}/healthz`)).status, 503)
      status = 200
      yield* until(Effect.map(ask(`${url}/healthz`), (reply) => reply.status === 200))
      assert.strictEqual((yield* ask(`${url}/compute`)).status, 200)
    }))
})

interface Tally {
  readonly statuses: Record<string, number>
  isDone: boolean
}

/** One client: makes servers, reads them, deletes them, until it is told to stop. What has no answer counts as one. */
const client = (api: Api, wish: unknown, tally: Tally) => {
  const call = (method: string, path: string, body?: unknown) =>
    api.call(method, path, body).pipe(
      Effect.catch((error) => Effect.succeed({ status: String(error.cause), body: null })),
      Effect.tap(({ status }) => Effect.sync(() => {
        tally.statuses[`${method} ${status}`] = (tally.statuses[`${method} ${status}`] ?? 0) + 1
      }))
    )
  return Effect.gen(function*() {
    while (!tally.isDone) {
      const { body, status } = yield* call("POST", "/compute/v2.1/servers", wish)
      if (status !== 202) continue
      const path = `/compute/v2.1/servers/${text(body, "server.id")}`
      yield* call("GET", path)
      yield* call("DELETE", path)
    }
  })
}

const wishOf = (api: Api) =>
  Effect.gen(function*() {
    const [flavors, images, networks] = yield* Effect.all([
      api.get("/compute/v2.1/flavors"), api.get("/image/v2/images"), api.get("/network/v2.0/networks")
    ])
    return {
      server: {
        name: "rolling",
        flavorRef: text(flavors, "flavors.0.id"),
        imageRef: text(images, "images.0.id"),
        networks: [{ uuid: text(networks, "networks.0.id") }]
      }
    }
  })

describeRedis("a rolling restart behind the front", () => {
  it.live("fails no request", () =>
    Effect.gen(function*() {
      const { runners } = yield* startCluster({ hosts: 12 })
      const process = yield* kilonova(["front", "--port", `${yield* freePort}`, "--to", runners.map(({ url }) => url).join(",")])
      const [, url] = yield* process.line(/^Kilonova front ready at (\S+)/)
      const ready = (count: number) => until(Effect.map(ask(`${url}/healthz`), ({ body }) => at(JSON.parse(body), "runners.ready") === count))
      yield* ready(runners.length)
      const api = yield* login({ url: url!, password: runners[0]!.password })
      const unlimited = { quota_set: { instances: -1, cores: -1, ram: -1, force: true } }
      assert.strictEqual((yield* api.call("PUT", `/compute/v2.1/os-quota-sets/${api.projectId}`, unlimited, "2.1")).status, 200)
      const wish = yield* wishOf(api)
      const tally: Tally = { statuses: {}, isDone: false }
      const restarts = Effect.forEach(runners, (runner) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* runner.terminate, { code: 0, signal: null })
          yield* runner.start()
          yield* ready(runners.length)
        }), { discard: true }).pipe(Effect.ensuring(Effect.sync(() => (tally.isDone = true))))
      const clients = Effect.all(Array.from({ length: 8 }, () => client(api, wish, tally)), { concurrency: "unbounded", discard: true })
      yield* Effect.all([restarts, clients], { concurrency: "unbounded", discard: true })
      console.log("requests during the rolling restart:", JSON.stringify(tally.statuses))
      assert.isAbove(tally.statuses["POST 202"] ?? 0, 20)
      assert.deepStrictEqual(Object.keys(tally.statuses).sort(), ["DELETE 204", "GET 200", "POST 202"])
    }), 120_000)
})
