/** Proofs that somebody holds a host's credential, without showing it. Pure. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

/** 32 random bytes, base64url. */
export const nonce = (): string => randomBytes(32).toString("base64url")

/** `key` is the credential's, base64url. A JSON array, so that no two lists of parts read alike. */
const sign = (key: string, parts: ReadonlyArray<string | number>): string =>
  createHmac("sha256", Buffer.from(key, "base64url")).update(JSON.stringify(parts)).digest("base64url")

export const agentProof = (key: string, runnerNonce: string, host: string, agentId: string): string =>
  sign(key, ["kilonova agent", runnerNonce, host, agentId])

export const runnerProof = (key: string, challenge: string, host: string, epoch: number): string =>
  sign(key, ["kilonova runner", challenge, host, epoch])

/** In the same time whatever differs. */
export const isSame = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
