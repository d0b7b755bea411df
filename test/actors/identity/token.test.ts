import { assert, describe, it } from "@effect/vitest"
import { Lru } from "../../../src/actors/identity/Lru.ts"
import { decoyHash, hashPassword, matchesHash } from "../../../src/actors/identity/password.ts"
import { revoke } from "../../../src/actors/identity/revocations.ts"
import { type Claims, read, sign } from "../../../src/actors/identity/token.ts"
import { makeCloud } from "../../fixtures/directory.ts"

const key = Buffer.alloc(32, 7)
const claims = (over: Partial<Claims> = {}): Claims => ({
  userId: "user admin",
  epoch: 3,
  methods: ["password"],
  scope: { kind: "project", id: "p" },
  issuedAt: 1_000,
  expiresAt: 5_000,
  auditIds: ["a"],
  applicationCredentialId: null,
  ...over
})

describe("token", () => {
  it.each<Partial<Claims>>([
    {},
    { scope: null },
    { scope: { kind: "system", id: "all" } },
    { scope: { kind: "domain", id: "default" } },
    { methods: ["password", "token"] },
    { methods: ["application_credential"], applicationCredentialId: "c" },
    { auditIds: ["a", "first"], userId: "日本" }
  ])("gives back what was signed: %j", (over) =>
    assert.deepStrictEqual(read(sign(claims(over), key), key), claims(over)))

  it("is worth nothing under another key, or with another's payload", () => {
    const one = sign(claims(), key)
    const other = sign(claims({ userId: "other" }), key)
    assert.isUndefined(read(one, Buffer.alloc(32, 8)))
    assert.isUndefined(read(`${other.split(".")[0]}.${one.split(".")[1]}`, key))
    assert.isUndefined(read(`${one}=`, key))
  })

  it("fits a header with room to spare", () => {
    const id = "f".repeat(32)
    const audit = "a".repeat(22)
    const all = claims({ userId: id, scope: { kind: "project", id }, auditIds: [audit, audit], applicationCredentialId: id })
    assert.isBelow(sign(all, key).length, 400)
  })
})

describe("revocations", () => {
  const revokedUntil = (cloud: ReturnType<typeof makeCloud>, auditId: string, expiresAt: number, now: number) =>
    cloud.run(revoke(cloud.directory, claims({ auditIds: [auditId], expiresAt }), now, 3))

  it("are never more than the bound: past it, all of the user's tokens end", () => {
    const cloud = makeCloud()
    for (const id of ["a", "b", "c"]) revokedUntil(cloud, id, 100, 1)
    assert.strictEqual(cloud.directory.get("user", "user admin")!.epoch, 0)
    revokedUntil(cloud, "d", 100, 2)
    assert.strictEqual([...cloud.directory.all("revocation")].length, 3)
    assert.strictEqual(cloud.directory.get("user", "user admin")!.epoch, 1)
  })

  it("are forgotten when their tokens would have expired", () => {
    const cloud = makeCloud()
    for (const id of ["a", "b", "c"]) revokedUntil(cloud, id, 100, 1)
    revokedUntil(cloud, "d", 200, 100)
    assert.deepStrictEqual([...cloud.directory.all("revocation")].map(({ auditId }) => auditId), ["d"])
  })
})

describe("passwords", () => {
  const cost = { logN: 4, blockSize: 8, parallel: 1 }
  it("match their own hash only, and the hash names its parameters", async () => {
    const hash = await hashPassword("naïve", Buffer.alloc(16, 1), cost)
    assert.match(hash, /^\$scrypt\$ln=4,r=8,p=1\$[\w-]+\$[\w-]+$/)
    assert.notInclude(hash, "na")
    assert.isTrue(await matchesHash("naïve", hash))
    assert.isTrue(await matchesHash("nai\u0308ve", hash), "however the letter was typed")
    for (const wrong of ["naive", "", "naïve "]) assert.isFalse(await matchesHash(wrong, hash))
    for (const junk of ["", "plain", "$scrypt$"]) assert.isFalse(await matchesHash("", junk))
    assert.isFalse(await matchesHash("", decoyHash(cost)))
  })

  it("of two users hash differently", async () =>
    assert.notStrictEqual(
      await hashPassword("same", Buffer.alloc(16, 1), cost),
      await hashPassword("same", Buffer.alloc(16, 2), cost)
    ))
})

describe("Lru", () => {
  it("forgets what was not asked for longest", () => {
    const lru = new Lru<number>(2)
    lru.set("a", 1)
    lru.set("b", 2)
    lru.get("a")
    lru.set("c", 3)
    assert.deepStrictEqual([lru.get("a"), lru.get("b"), lru.get("c"), lru.size], [1, undefined, 3, 2])
  })
})
