/** What the front decides, apart from connections. */
import { assert, describe, it } from "vitest"
import { choose } from "../../src/runtime/front/choose.ts"
import { toClient, toRunner } from "../../src/runtime/front/headers.ts"
import { type Loss, lossOf, mayRepeat } from "../../src/runtime/front/loss.ts"

const runner = (name: string, isReady: boolean, inFlight: number) => ({ name, isReady, inFlight })

describe("the next runner", () => {
  const all = [runner("a", true, 2), runner("b", true, 1), runner("c", false, 0), runner("d", true, 1)]

  it("is a ready one with the least to do, in turn where that is even", () =>
    assert.deepStrictEqual([0, 1, 2].map((turn) => choose(all, new Set(), turn)?.name), ["b", "d", "b"]))

  it("is none that was tried, and none where all were", () => {
    assert.strictEqual(choose(all, new Set([all[1]!, all[3]!]), 5)?.name, "a")
    assert.isUndefined(choose(all, new Set(all), 0))
  })
})

describe("a request without an answer", () => {
  const fault = (code: string, syscall?: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code, syscall })

  it("was unsent without a connection, unread after a reset, and perhaps carried out after an end", () =>
    assert.deepStrictEqual(
      [
        lossOf(fault("ECONNREFUSED", "connect"), false),
        lossOf(fault("ECONNRESET", "read"), true),
        lossOf(fault("EPIPE", "write"), true),
        lossOf(fault("ECONNRESET"), true)
      ],
      ["unsent", "unread", "unread", "unknown"]
    ))

  it("is sent again only where that can do no harm", () => {
    const losses: ReadonlyArray<Loss> = ["unsent", "unread", "unknown"]
    const row = (method: string, isKept: boolean) => losses.map((loss) => mayRepeat(loss, method, isKept) ? "x" : ".").join(" ")
    assert.deepStrictEqual(
      [row("GET", true), row("POST", true), row("DELETE", true), row("PUT", false)],
      ["x x x", "x x .", "x x .", "x . ."]
    )
  })
})

describe("heads of messages", () => {
  it("keep Host, say who asked, and lose what speaks of one connection", () =>
    assert.deepStrictEqual(
      toRunner({ host: "cloud.example", connection: "keep-alive, x-hop", "x-hop": "1", te: "trailers", expect: "100-continue", "x-forwarded-for": "10.0.0.9" }, "10.0.0.1"),
      { host: "cloud.example", "x-forwarded-for": "10.0.0.9, 10.0.0.1", "x-forwarded-proto": "http", "x-forwarded-host": "cloud.example" }
    ))

  it("do not close the client's connection because the runner closes its own", () => {
    assert.deepStrictEqual(toClient({ connection: "close", "x-a": "1" }, false), { "x-a": "1" })
    assert.deepStrictEqual(toClient({ "x-a": "1" }, true), { "x-a": "1", connection: "close" })
  })
})
