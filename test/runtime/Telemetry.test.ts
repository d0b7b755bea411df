import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { login } from "../fixtures/api.ts"
import { startCloud } from "../fixtures/cloud.ts"
import { at, items, text } from "../fixtures/json.ts"

/** A collector that keeps what it is sent until there is a span of that name. */
const collector = (wanted: string) =>
  Effect.gen(function*() {
    const found = yield* Deferred.make<unknown>()
    const server = createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk
      })
      request.on("end", () => {
        response.end("{}")
        for (const resource of items(JSON.parse(body), "resourceSpans")) {
          const spans = items(resource, "scopeSpans").flatMap((scope) => items(scope, "spans"))
          if (spans.some((span) => at(span, "name") === wanted)) Deferred.doneUnsafe(found, Effect.succeed(resource))
        }
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.sync(() => server.close())
    )
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, resource: Deferred.await(found) }
  })

describe("telemetry", () => {
  it.live("sends traces to the collector that was named", () =>
    Effect.gen(function*() {
      const { resource, url } = yield* collector("identity.authenticate")
      const cloud = yield* startCloud({ args: ["--no-demo", "--otlp-endpoint", url] })
      yield* login(cloud)
      const attributes = items(yield* resource, "resource.attributes")
      const name = attributes.find((attribute) => at(attribute, "key") === "service.name")
      assert.strictEqual(text(name, "value.stringValue"), "kilonova")
    }))

  it.live("logs one JSON object a line on stderr, and keeps stdout for what was asked", () =>
    Effect.gen(function*() {
      const cloud = yield* startCloud({ args: ["--no-demo", "--log-level", "trace"] })
      yield* cloud.kill("SIGTERM")
      const lines = cloud.stderr().trim().split("\n").map((line): unknown => JSON.parse(line))
      assert.isAbove(lines.length, 0)
      for (const line of lines) assert.containsAllKeys(line, ["message", "level", "timestamp"])
      assert.strictEqual(cloud.stdout().trim().split("\n").length, 3)
    }))

  it.live("counts requests and measures the process for Prometheus", () =>
    Effect.gen(function*() {
      const cloud = yield* startCloud({ args: ["--no-demo"] })
      yield* login(cloud)
      const page = yield* Effect.promise(() => fetch(`${cloud.url}/metrics`).then((reply) => reply.text()))
      assert.match(page, /^kilonova_http_requests\{.*method="POST".*\} 1$/m)
      assert.match(page, /^process_resident_memory_bytes \d{7,}$/m)
    }))
})
