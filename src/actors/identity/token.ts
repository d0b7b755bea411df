/**
 * Tokens: a signed statement of who authenticated, how, and for what. They name people and places by id only; what
 * those may do is looked up at each use, so that a role taken away is gone at once.
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import type { Scope } from "./Directory.ts"

export type Method = "password" | "token" | "application_credential"
export const methods: ReadonlyArray<Method> = ["password", "token", "application_credential"]

export interface Claims {
  readonly userId: string
  /** The user's epoch when the token was issued. */
  readonly epoch: number
  readonly methods: ReadonlyArray<Method>
  /** `null`: unscoped. */
  readonly scope: Scope | null
  readonly issuedAt: number
  readonly expiresAt: number
  /** The token's own audit id, then that of the first token it descends from. */
  readonly auditIds: ReadonlyArray<string>
  readonly applicationCredentialId: string | null
}

const version = 1
const scopeKinds = ["project", "domain", "system"] as const
type Packed = [number, string, number, number, number, string, number, number, ReadonlyArray<string>, string | null]

/** A list without names, because every request carries it in a header. */
const pack = (claims: Claims): Packed => [
  version,
  claims.userId,
  claims.epoch,
  claims.methods.reduce((bits, method) => bits | (1 << methods.indexOf(method)), 0),
  claims.scope === null ? -1 : scopeKinds.indexOf(claims.scope.kind),
  claims.scope?.id ?? "",
  claims.issuedAt,
  claims.expiresAt,
  claims.auditIds,
  claims.applicationCredentialId
]

const unpack = (packed: Packed): Claims => ({
  userId: packed[1],
  epoch: packed[2],
  methods: methods.filter((_, index) => (packed[3] & (1 << index)) !== 0),
  scope: packed[4] === -1 ? null : { kind: scopeKinds[packed[4]]!, id: packed[5] },
  issuedAt: packed[6],
  expiresAt: packed[7],
  auditIds: packed[8],
  applicationCredentialId: packed[9]
})

const signatureOf = (payload: string, key: Uint8Array): string =>
  createHmac("sha256", key).update(payload).digest("base64url")

export const sign = (claims: Claims, key: Uint8Array): string => {
  const payload = Buffer.from(JSON.stringify(pack(claims))).toString("base64url")
  return `${payload}.${signatureOf(payload, key)}`
}

/** The claims of a token signed with this key; `undefined` for anything else. Says nothing of time or revocation. */
export const read = (token: string, key: Uint8Array): Claims | undefined => {
  const dot = token.indexOf(".")
  if (dot === -1) return undefined
  const payload = token.slice(0, dot)
  // Texts are compared, not the bytes they stand for: base64 has several spellings of the same bytes.
  const given = Buffer.from(token.slice(dot + 1))
  const expected = Buffer.from(signatureOf(payload, key))
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const packed = JSON.parse(Buffer.from(payload, "base64url").toString()) as Packed
  return packed[0] === version ? unpack(packed) : undefined
}
