import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { connect } from "node:net"
import { Identity } from "../../../src/actors/identity/IdentityProtocol.ts"
import { make, nobody } from "../../../src/api/http/Face.ts"
import { serve } from "../../../src/api/http/Server.ts"

const identity = Layer.succeed(Identity, { verify: () => Effect.succeed(nobody), hasProject: () => Effect.succeed(true) })

const started = Effect.gen(function*() {
  const face = yield* make({
    name: "things",
    prefix: "/things",
    rows: [
      { method: "GET", path: "/", open: true, handle: (x) => Effect.succeed({ status: 200, body: { base: x.base, path: x.path } }) },
      { method: "POST", path: "/echo", handle: (x) => Effect.succeed({ status: 200, body: x.body }) },
      { method: "GET", path: "/stream", open: true, handle: () =>
        Effect.succeed({ status: 200, bytes: Stream.make(Buffer.from("ab"), Buffer.from("cd")) }) },
      { method: "PUT", path: "/count", raw: true, handle: (x) =>
        Effect.map(Stream.runFold(x.bytes, () => 0, (sum, chunk) => sum + chunk.length), (body) => ({ status: 200, body })) }
    ],
    faultOf: (refusal) => ({ status: 400, body: refusal.message }),
    crashOf: () => ({ status: 500 })
  })
  const mounts = {
    "/quiet": Effect.map(HttpServerRequest, (request) =>
      HttpServerResponse.text(String(NodeHttpServerRequest.toIncomingMessage(request).socket.timeout)))
  }
  const { port } = yield* serve({ host: "127.0.0.1", port: 0, faces: [face], isReady: Effect.succeed(true), mounts })
  return `http://127.0.0.1:${port}`
}).pipe(Effect.provide(identity))

const get = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, init))
const text = (response: Response) => Effect.promise(() => response.text())

describe("Server", () => {
  it.live("mounts a face under its prefix, and tells it how callers reach it", () =>
    Effect.gen(function*() {
      const origin = yield* started
      for (const path of ["/things", "/things/", "/things?a=1"]) {
        assert.deepStrictEqual(JSON.parse(yield* text(yield* get(`${origin}${path}`))), { base: `${origin}/things`, path: "/" })
      }
      assert.strictEqual((yield* get(`${origin}/thingsome`)).status, 404)
    }))

  it.live("answers its own pages", () =>
    Effect.gen(function*() {
      const origin = yield* started
      assert.deepStrictEqual(JSON.parse(yield* text(yield* get(`${origin}/`))), {
        services: [{ name: "things", url: `${origin}/things` }]
      })
      assert.strictEqual((yield* get(`${origin}/healthz`)).status, 200)
      yield* get(`${origin}/things`)
      assert.match(
        yield* text(yield* get(`${origin}/metrics`)),
        /kilonova_http_requests\{face="things",method="GET",status="200"\} \d/
      )
      assert.strictEqual((yield* get(`${origin}/healthz`, { method: "DELETE" })).status, 405)
      assert.strictEqual((yield* get(`${origin}/things`, { method: "HEAD" })).status, 200)
    }))

  it.live("carries bodies both ways, streamed where the row says so", () =>
    Effect.gen(function*() {
      const origin = yield* started
      const headers = { "x-auth-token": "t" }
      const echoed = yield* get(`${origin}/things/echo`, { method: "POST", headers, body: "{\"a\":1}" })
      assert.strictEqual(yield* text(echoed), "{\"a\":1}")
      assert.strictEqual(echoed.headers.get("content-type"), "application/json")
      assert.strictEqual(yield* text(yield* get(`${origin}/things/stream`)), "abcd")
      const counted = yield* get(`${origin}/things/count`, { method: "PUT", headers, body: Buffer.alloc(3_000_000) })
      assert.strictEqual(yield* text(counted), "3000000")
      const huge = yield* get(`${origin}/things/echo`, { method: "POST", headers, body: Buffer.alloc(3_000_000) })
      assert.strictEqual(huge.status, 400)
      const waiting = yield* Effect.callback<string>((resume) => {
        const socket = connect(Number(new URL(origin).port), "127.0.0.1", () =>
          socket.write("POST /things/echo HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"))
        let seen = ""
        socket.on("data", (data) => {
          seen += data
          if (String(data).startsWith("HTTP/1.1 100")) socket.write("[1]")
        })
        socket.on("close", () => resume(Effect.succeed(seen)))
      })
      assert.match(waiting, /^HTTP\/1.1 100 Continue[^]*HTTP\/1.1 200 OK[^]*\[1\]$/)
      const gone = connect(Number(new URL(origin).port), "127.0.0.1", () => {
        gone.write("POST /things/echo HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nContent-Length: 30\r\n\r\n{", () => gone.destroy())
      })
      assert.strictEqual((yield* get(`${origin}/healthz`)).status, 200)
    }))

  it.live("lets what is mounted beside the faces be silent", () =>
    Effect.gen(function*() {
      const origin = yield* started
      assert.strictEqual(yield* text(yield* get(`${origin}/quiet`)), "0")
    }))

  it.live("survives what is not HTTP", () =>
    Effect.gen(function*() {
      const origin = yield* started
      const answer = yield* Effect.callback<string>((resume) => {
        const socket = connect(Number(new URL(origin).port), "127.0.0.1", () => socket.write("nonsense\r\n\r\n"))
        let seen = ""
        socket.on("data", (data) => seen += data)
        socket.on("close", () => resume(Effect.succeed(seen)))
      })
      assert.match(answer, /^HTTP\/1.1 400/)
      assert.strictEqual((yield* get(`${origin}/healthz`)).status, 200)
    }))
})
