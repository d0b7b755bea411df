/** The credential of a hypervisor's agent, one for each host. Pure. */
import { createHash } from "node:crypto"

/** `key` is derived from the token, which is shown once and kept nowhere. Times ISO 8601. */
export type AgentCredential = {
  readonly hostname: string
  /** SHA-256 of the token, base64url. */
  readonly key: string
  readonly createdAt: string
  readonly revokedAt: string | null
}

export const agentCredentials = {
  type: "agentCredential",
  key: (credential: AgentCredential): string => credential.hostname
}

/** So that people and scanners of repositories know what they found. */
const prefix = "kilonova_agent_"
const tokenPattern = new RegExp(`^${prefix}[A-Za-z0-9_-]{43}$`)

export const tokenOf = (bytes: Uint8Array): string => prefix + Buffer.from(bytes).toString("base64url")

export const isToken = (text: string): boolean => tokenPattern.test(text)

/** What both sides make their proofs with. */
export const keyOf = (token: string): string => createHash("sha256").update(token).digest("base64url")
