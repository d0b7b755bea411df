/** The address of Redis, as a user writes it. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseAddress } from "../../../src/runtime/redis/address.ts"

const parsed = (url: string) => Result.getOrThrow(parseAddress(url))
const plain = { kind: "server", master: "", database: 0, isTls: false, username: null, password: null }

describe("the address of Redis", () => {
  it("is a server, with what stands before and after it", () => {
    assert.deepStrictEqual(parsed("redis://host"), { ...plain, kind: "server", hosts: [{ host: "host", port: 6379 }] })
    assert.deepInclude(parsed("rediss://nova:p%40ss:word@[::1]:7000/3"), {
      hosts: [{ host: "::1", port: 7000 }], isTls: true, username: "nova", password: "p@ss:word", database: 3
    })
    assert.deepInclude(parsed("redis://:100%@host"), { username: null, password: "100%" })
  })

  it("is some sentinels and the master's name, or some nodes of a cluster", () => {
    assert.deepInclude(parsed("redis+sentinel://a,b:1/cloud"), {
      kind: "sentinel", hosts: [{ host: "a", port: 26_379 }, { host: "b", port: 1 }], master: "cloud"
    })
    assert.deepInclude(parsed("rediss+cluster://a:1,b:2"), {
      kind: "cluster", hosts: [{ host: "a", port: 1 }, { host: "b", port: 2 }], isTls: true
    })
  })

  it("a refusal quotes no password", () => {
    for (const url of ["redis://u:secret@a,b", "redis://u:secret@h:0", "redis+cluster://u:secret@h/1", "ftp://u:secret@h", "redis://u:secret@h/x"]) {
      const refusal = Result.flip(parseAddress(url))
      assert.notInclude(Result.getOrThrow(refusal), "secret")
    }
  })
})
