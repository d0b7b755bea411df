import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto"
import { sshFingerprint, sshPublicKey } from "../../../../src/actors/catalog/sshKeys.ts"
import { x509Fingerprint } from "../../../../src/actors/catalog/x509.ts"
import { fields } from "../../../../src/api/http/compute/keypairs/fields.ts"
import { keysAt } from "../../../../src/api/http/compute/Fields.ts"
import { type Ask, asMember, makeAsk, world } from "../../../fixtures/compute.ts"

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGBN1xO2bsg8gqlqgdsdOyFH0nFKXhCDPTbJ1UqjUVXp me@here"
const mine = { token: asMember }
interface Shown {
  readonly keypair: { readonly name: string; readonly public_key: string; readonly private_key?: string; readonly fingerprint: string; readonly type?: string; readonly user_id: string }
}
const create = (ask: Ask, keypair: Record<string, unknown>, options: { readonly version?: string; readonly token?: string } = mine) =>
  ask("POST", "/os-keypairs", { ...options, body: { keypair } })
const names = (answer: { readonly body: unknown }) => (answer.body as { keypairs: Array<Shown> }).keypairs.map(({ keypair }) => keypair.name)

describe("key pairs", () => {
  it("show these keys at the edges of their versions", () => {
    assert.deepStrictEqual(keysAt(fields, 1, "index"), ["name", "public_key", "fingerprint"])
    assert.deepStrictEqual(keysAt(fields, 2, "index"), ["name", "type", "public_key", "fingerprint"])
    assert.deepStrictEqual(keysAt(fields, 91, "create"), ["name", "type", "public_key", "fingerprint", "user_id", "private_key"])
    assert.deepStrictEqual(keysAt(fields, 92, "create"), ["name", "type", "public_key", "fingerprint", "user_id"])
    assert.deepStrictEqual(keysAt(fields, 1, "show"), ["name", "public_key", "fingerprint", "user_id", "id", "created_at", "updated_at", "deleted", "deleted_at"])
  })

  it.effect("are imported, listed, shown and deleted", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const made = yield* create(ask, { name: "b", public_key: ed25519 })
      assert.strictEqual(made.status, 201)
      assert.deepStrictEqual(made.body, { keypair: { name: "b", type: "ssh", public_key: ed25519, fingerprint: sshFingerprint(ed25519), user_id: "alice" } })
      assert.strictEqual((yield* create(ask, { name: "a", public_key: ed25519 }, { ...mine, version: "2.1" })).status, 200)
      assert.deepStrictEqual(names(yield* ask("GET", "/os-keypairs", mine)), ["a", "b"])
      assert.deepStrictEqual(names(yield* ask("GET", "/os-keypairs?limit=1", mine)), ["a"])
      assert.deepStrictEqual(names(yield* ask("GET", "/os-keypairs?marker=a", mine)), ["b"])
      assert.deepStrictEqual(names(yield* ask("GET", "/os-keypairs?marker=a", { ...mine, version: "2.34" })), ["a", "b"])
      assert.strictEqual((yield* ask("GET", "/os-keypairs?marker=c", mine)).status, 400)
      assert.strictEqual((yield* ask("GET", "/os-keypairs/a", mine)).status, 200)
      assert.strictEqual((yield* ask("DELETE", "/os-keypairs/a", mine)).status, 204)
      assert.strictEqual((yield* ask("DELETE", "/os-keypairs/b", { ...mine, version: "2.1" })).status, 202)
      assert.strictEqual((yield* ask("GET", "/os-keypairs/a", mine)).status, 404)
      assert.strictEqual((yield* ask("DELETE", "/os-keypairs/a", mine)).status, 404)
    }).pipe(Effect.provide(world)))

  it.effect("belong to their user; administrators reach them all", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* create(ask, { name: "k", public_key: ed25519 })
      assert.deepStrictEqual(names(yield* ask("GET", "/os-keypairs")), [])
      assert.deepStrictEqual(names(yield* ask("GET", "/os-keypairs?user_id=alice")), ["k"])
      assert.strictEqual((yield* ask("GET", "/os-keypairs?user_id=admin", mine)).status, 403)
      assert.strictEqual((yield* create(ask, { name: "k", public_key: ed25519, user_id: "admin" })).status, 403)
      assert.strictEqual((yield* create(ask, { name: "k2", public_key: ed25519, user_id: "alice" }, {})).status, 201)
      assert.deepStrictEqual(names(yield* ask("GET", "/os-keypairs", mine)), ["k", "k2"])
    }).pipe(Effect.provide(world)))

  it.effect("refuse bad names, bad keys, taken names and too many", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      for (const public_key of ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGBN1xO2bsg8gqlqgdsdOyFH0nFKXhCDPTbJ1UqjUVXp", `${ed25519}\n${ed25519}`]) {
        assert.strictEqual((yield* create(ask, { name: "k", public_key })).status, 400, public_key)
      }
      assert.strictEqual((yield* create(ask, { name: "k", type: "x509", public_key: "nonsense" })).status, 400)
      assert.strictEqual((yield* create(ask, { name: "a.b", public_key: ed25519 }, { ...mine, version: "2.91" })).status, 400)
      assert.strictEqual((yield* create(ask, { name: "a.b", public_key: ed25519 })).status, 201)
      assert.strictEqual((yield* create(ask, { name: "a.b", public_key: ed25519 })).status, 409)
      assert.strictEqual((yield* create(ask, { name: "k" })).status, 400)
      const many = yield* Effect.forEach(Array.from({ length: 105 }, (_, index) => index), (index) => create(ask, { name: `k${index}`, public_key: ed25519 }), { concurrency: 20 })
      assert.strictEqual(many.filter((answer) => answer.status === 201).length, 99)
      assert.strictEqual(many.filter((answer) => answer.status === 403).length, 6)
    }).pipe(Effect.provide(world)))

  it.live("are generated for OpenSSH, the private half told once", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const made = (yield* create(ask, { name: "k" }, { ...mine, version: "2.91" })).body as Shown
      const publicKey = createPublicKey(createPrivateKey(made.keypair.private_key!))
      assert.strictEqual(made.keypair.public_key, sshPublicKey(publicKey, "Generated-by-Nova"))
      assert.strictEqual(made.keypair.fingerprint, sshFingerprint(made.keypair.public_key))
      assert.notInclude((yield* ask("GET", "/os-keypairs/k", mine)).text, "PRIVATE")
    }).pipe(Effect.provide(world)))

  it.live("are generated as certificates that verify", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const made = (yield* create(ask, { name: "k", type: "x509" }, { ...mine, version: "2.91" })).body as Shown
      const certificate = new X509Certificate(made.keypair.public_key)
      const key = createPrivateKey(made.keypair.private_key!)
      assert.isTrue(certificate.verify(createPublicKey(key)))
      assert.isTrue(certificate.checkPrivateKey(key))
      assert.strictEqual(certificate.subject, "CN=alice")
      assert.include(certificate.subjectAltName!, "alice@localhost")
      assert.strictEqual(made.keypair.fingerprint, x509Fingerprint(made.keypair.public_key))
    }).pipe(Effect.provide(world)))
})
