/** Lets agents in: who they are, whether their host is driven here, and whether somebody else speaks for it already. */
import { Effect, Schedule } from "effect"
import type { Scope } from "effect"
import { agentCredentials } from "../../actors/host/AgentCredential.ts"
import type { HighWater, Ownership } from "../../runtime/kernel/Ownership.ts"
import type { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { DomainEvent } from "../Driver.ts"
import { ended, redirectOf, refusalOf } from "./admission.ts"
import { type Attached, makeAttached } from "./attachment.ts"
import type { HostLink } from "./HostLink.ts"
import type { Claim, Ended } from "./protocol.ts"
import { runnerProof } from "./proofs.ts"
import { makeRefusalLog } from "./refusalLog.ts"

export interface AdmitOptions {
  readonly records: Records["Service"]
  readonly ownership: Ownership["Service"]
  /** `undefined`: nobody ever made a credential for the host. */
  readonly linkOf: (hostname: string) => HostLink | undefined
  readonly onArrival: (hostname: string) => void
  readonly onLost: (hostname: string) => void
  readonly onEvent: (hostname: string, event: DomainEvent) => void
}

type Refused = Omit<Ended, "_tag">

interface Surroundings {
  readonly controlUrls: ReadonlyArray<string>
  readonly highWater: HighWater | null
}

export const makeAdmit = (options: AdmitOptions) => {
  const { linkOf, onArrival, onEvent, onLost, ownership, records } = options
  const logRefusal = makeRefusalLog()

  const strangerOf = (claim: Claim, nonce: string): Refused | undefined =>
    refusalOf(claim, nonce, records.get(agentCredentials, claim.host))

  /** Takes the host over from an attachment that is silent, or is an older connection of the same agent. */
  const rivalOf = ({ agentId, host }: Claim, link: HostLink): Refused | undefined => {
    const other = link.current
    if (other === undefined) return undefined
    if (other.agentId !== agentId && !other.isSilent()) {
      return ended("busy", `Another agent is attached for host ${host}, and answers: end that one first`)
    }
    other.end(ended("busy", `A newer connection speaks for host ${host}`))
    return undefined
  }

  const adopt = (claim: Claim, attached: Attached, epoch: number, surroundings: Surroundings): void => {
    const { key, link } = attached
    attached.send({
      _tag: "Adopted",
      epoch,
      proof: runnerProof(key, claim.challenge, claim.host, epoch),
      ...surroundings,
      pingMillis: Limits.agentPingMillis,
      deadMillis: Limits.agentDeadMillis,
      calls: link.calls
    })
    link.attach(attached)
    onArrival(claim.host)
  }

  /** Nothing waits in here: between the last look at who may drive the host and the attachment nobody else gets in. */
  const settle = (claim: Claim, nonce: string, attached: Attached, surroundings: Surroundings): Refused | undefined => {
    const refused = strangerOf(claim, nonce)
    if (refused !== undefined) return refused
    const epoch = ownership.epochOf(ownership.shardOf("Host", claim.host))
    const wrong = epoch === -1 ? redirectOf(claim.host, null) : rivalOf(claim, attached.link)
    if (wrong) return wrong
    adopt(claim, attached, epoch, surroundings)
    return undefined
  }

  const surroundings = Effect.fnUntraced(function*(hostname: string) {
    const place = yield* ownership.locate("Host", hostname)
    return { place, controlUrls: yield* ownership.controlUrls, highWater: yield* ownership.highWater }
  })
  const unknownSurroundings = { place: null, controlUrls: [], highWater: null }

  const refuse = (why: Refused): Effect.Effect<Ended> =>
    Effect.as(why.reason === "elsewhere" ? Effect.void : logRefusal(why.message), { _tag: "Ended", ...why })

  return Effect.fnUntraced(function*(claim: Claim, nonce: string): Effect.fn.Return<Attached | Ended, never, Scope.Scope> {
    const link = linkOf(claim.host)
    const credential = records.get(agentCredentials, claim.host)
    const refused = strangerOf(claim, nonce)
    if (refused !== undefined) return yield* refuse(refused)
    // `refusalOf` has seen the credential, and so there is a link.
    if (link === undefined || credential === undefined) return yield* refuse(ended("credential", `Host ${claim.host} has no credential`))
    const { place, ...facts } = yield* Effect.catch(surroundings(claim.host), () => Effect.succeed(unknownSurroundings))
    const redirect = redirectOf(claim.host, place)
    if (redirect !== null) return yield* refuse(redirect)
    const attached = yield* makeAttached({
      claim, link, key: credential.key, onEvent: (event) => onEvent(claim.host, event), onLost: () => onLost(claim.host)
    })
    const wrong = settle(claim, nonce, attached, facts)
    if (wrong !== undefined) return yield* refuse(wrong)
    yield* Effect.addFinalizer(() => Effect.sync(() => attached.end(ended("silent", "The connection ended"))))
    yield* Effect.forkScoped(Effect.repeat(Effect.sync(attached.ping), Schedule.spaced(Limits.agentPingMillis)))
    return attached
  })
}
