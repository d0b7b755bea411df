import { Clock, Effect, Layer, Result, Semaphore } from "effect"
import { generateKeyPair, type KeyObject, randomBytes } from "node:crypto"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { defaultClassKey, limitsInForce, quotaKey, quotas } from "../project/quota.ts"
import type { Caller } from "../shared/Caller.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { isoOf } from "../shared/time.ts"
import { takeTurn } from "../shared/turns.ts"
import { type Keypair, keypairKey, keypairs } from "./Keypair.ts"
import { type KeypairDraft, Keypairs } from "./KeypairsProtocol.ts"
import { sshFingerprint, sshPublicKey } from "./sshKeys.ts"
import { selfSigned, x509Fingerprint } from "./x509.ts"

interface Material {
  readonly publicKey: string
  readonly privateKey: string | null
  readonly fingerprint: string
}

const rsa = Effect.callback<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }>((resume) =>
  generateKeyPair("rsa", { modulusLength: Limits.rsaBits }, (error, publicKey, privateKey) =>
    resume(error === null ? Effect.succeed({ publicKey, privateKey }) : Effect.die(error))))

const tenYearsMillis = 3650 * 86_400_000

/** OpenSSH and Windows each get the key in the form they read. */
const generated = (draft: KeypairDraft, now: number): Effect.Effect<Material> =>
  Effect.map(rsa, ({ privateKey, publicKey }) => {
    if (draft.type === "ssh") {
      const line = sshPublicKey(publicKey, "Generated-by-Nova")
      const pem = privateKey.export({ format: "pem", type: "pkcs1" }) as string
      return { publicKey: line, privateKey: pem, fingerprint: sshFingerprint(line)! }
    }
    const certificate = selfSigned(publicKey, privateKey, {
      userId: draft.userId, serial: randomBytes(16), notBefore: isoOf(now), notAfter: isoOf(now + tenYearsMillis)
    })
    const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string
    return { publicKey: certificate, privateKey: pem, fingerprint: x509Fingerprint(certificate)! }
  })

const invalid = (reason: string): Refusal => refuse("badRequest", `Keypair data is invalid: ${reason}`, "InvalidKeypair")

const imported = (type: Keypair["type"], publicKey: string): Result.Result<Material, Refusal> => {
  const fingerprint = type === "ssh" ? sshFingerprint(publicKey) : x509Fingerprint(publicKey)
  return fingerprint === null
    ? Result.fail(invalid(type === "ssh" ? "failed to generate fingerprint" : "failed to generate X509 fingerprint"))
    : Result.succeed({ publicKey, privateKey: null, fingerprint })
}

const notFound = (userId: string, name: string) => refuse("notFound", `Keypair ${name} not found for user ${userId}`, "KeypairNotFound")
const tooMany = refuse("forbidden", "Quota exceeded, too many key pairs.", "KeypairLimitExceeded")

export const layer = Layer.effect(Keypairs, Effect.gen(function*() {
  const records = yield* Records
  // One at a time here, and by turns among processes, so that nobody slips past the limit between the count and the write.
  const turn = yield* Semaphore.make(1)
  const listed = (userId: string) =>
    [...records.all(keypairs)].filter((keypair) => keypair.userId === userId)
      .toSorted((a, b) => a.name < b.name ? -1 : 1)
  const limitOf = (caller: Caller, userId: string) =>
    limitsInForce(
      records.get(quotas, defaultClassKey),
      records.get(quotas, quotaKey(caller.projectId ?? "", null)),
      records.get(quotas, quotaKey(caller.projectId ?? "", userId))
    ).key_pairs

  const check = (caller: Caller, draft: KeypairDraft): Refusal | null => {
    if (records.get(keypairs, keypairKey(draft.userId, draft.name)) !== undefined) {
      return refuse("conflict", `Key pair '${draft.name}' already exists.`, "KeyPairExists")
    }
    const limit = limitOf(caller, draft.userId)
    return limit >= 0 && listed(draft.userId).length >= limit ? tooMany : null
  }

  const create = Effect.fnUntraced(function*(caller: Caller, draft: KeypairDraft) {
    const now = yield* Clock.currentTimeMillis
    const refusal = check(caller, draft)
    if (refusal !== null) return yield* refusal
    const { privateKey, ...half } = draft.publicKey === null
      ? yield* generated(draft, now)
      : yield* Effect.fromResult(imported(draft.type, draft.publicKey))
    const keypair: Keypair = { userId: draft.userId, name: draft.name, type: draft.type, ...half, createdAt: isoOf(now) }
    return yield* turn.withPermit(decideAndWrite(records, () => {
      const late = check(caller, draft)
      return late !== null
        ? Result.fail(late)
        : Result.succeed({ 
          changes: [{ table: keypairs, put: keypair, expect: "absent" as const }, takeTurn(records, `keypairs of ${draft.userId}`)],
          answer: { keypair, privateKey }
        })
    }))
  })

  return Keypairs.of({
    get: (userId, name) =>
      Effect.suspend(() => {
        const keypair = records.get(keypairs, keypairKey(userId, name))
        return keypair === undefined ? Effect.fail(notFound(userId, name)) : Effect.succeed(keypair)
      }),
    list: listed,
    create,
    remove: (userId, name) =>
      decideAndWrite(records, () => {
        const key = keypairKey(userId, name)
        return records.get(keypairs, key) === undefined
          ? Result.fail(notFound(userId, name))
          : Result.succeed({ changes: [{ table: keypairs, remove: key, expect: records.version(keypairs, key) }], answer: undefined })
      })
  })
}))
