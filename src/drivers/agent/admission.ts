/** Whether an agent may speak for the host it names. Rules only. */
import type { AgentCredential } from "../../actors/host/AgentCredential.ts"
import type { Location } from "../../runtime/kernel/Ownership.ts"
import type { Claim, Ended } from "./protocol.ts"
import { protocolVersion } from "./protocol.ts"
import { agentProof, isSame } from "./proofs.ts"

type Refused = Omit<Ended, "_tag">

export const ended = (reason: Ended["reason"], message: string, controlUrl: string | null = null): Refused =>
  ({ reason, message, controlUrl })

/** The same words for a wrong, a revoked and an unknown one: a stranger learns no names of hosts. */
const wrongCredential = (host: string) => ended(
  "credential",
  `The credential of host ${host} is wrong, revoked, or was never made: make one with "kilonova cluster token ${host}" and give it to its agent`
)

const skewed = ({ protocol, version }: Claim) => ended(
  "version",
  `The agent (${version}) speaks version ${protocol} of the agent protocol, this runner version ${protocolVersion}: they may differ by one. Upgrade the older`
)

/** `undefined`: it may. The nonce is the one that this connection was given, and is used up. */
export const refusalOf = (claim: Claim, nonce: string, credential: AgentCredential | undefined): Refused | undefined => {
  if (Math.abs(claim.protocol - protocolVersion) > 1) return skewed(claim)
  if (credential === undefined || credential.revokedAt !== null) return wrongCredential(claim.host)
  const expected = agentProof(credential.key, nonce, claim.host, claim.agentId)
  return isSame(expected, claim.proof) ? undefined : wrongCredential(claim.host)
}

/** Where the host's agent belongs instead of here; `null`: here. */
export const redirectOf = (host: string, location: Location | null): Refused | null => {
  if (location === null) return ended("unowned", `No runner owns host ${host} at the moment: try again soon`)
  if (location.isHere) return null
  return location.controlUrl === null
    ? ended("unowned", `Another runner owns host ${host}, and does not say where it serves agents: try another one`)
    : ended("elsewhere", `The runner at ${location.controlUrl} owns host ${host}`, location.controlUrl)
}
