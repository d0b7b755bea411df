/** One connection of an agent for one host: attaches it, does as it is told, and says why it ended. */
import { Deferred, Effect, Stream } from "effect"
import { keyOf } from "../../actors/host/AgentCredential.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Driver } from "../Driver.ts"
import type { CallDesk } from "./callDesk.ts"
import { type Authority, dial, type RunnerClient } from "./dial.ts"
import type { HostMemory } from "./hostMemory.ts"
import { type EndReason, type FromRunner, protocolVersion } from "./protocol.ts"
import { agentProof, isSame, nonce, runnerProof } from "./proofs.ts"

/** `lost`: no connection, or none any more. `untrusted`: the runner or its journal is not the one this host knows. */
export interface SessionEnd {
  readonly reason: EndReason | "lost" | "untrusted"
  readonly message: string
  readonly controlUrl: string | null
}

export interface SessionOptions {
  readonly hostname: string
  readonly agentId: string
  readonly token: string
  readonly version: string
  readonly authority: Authority
  readonly driver: Driver
  readonly memory: HostMemory
  readonly desk: CallDesk
  /** The runner drives the host from now on. */
  readonly onAdopted: (client: RunnerClient, adopted: Adopted) => Effect.Effect<void>
  /** It does not any more; called once, if `onAdopted` was. */
  readonly onLost: Effect.Effect<void>
}
type Adopted = Extract<FromRunner, { readonly _tag: "Adopted" }>

const lost = (message: string): SessionEnd => ({ reason: "lost", message, controlUrl: null })
const untrusted = (message: string): SessionEnd => ({ reason: "untrusted", message, controlUrl: null })

/** Done when nothing was heard for too long. Counted in looks, not in time: an agent that was held up itself looks again. */
const silence = (heard: () => number, pingMillis: number, deadMillis: number): Effect.Effect<SessionEnd> =>
  Effect.suspend(() => {
    let last = -1
    let misses = 0
    const look = Effect.sync(() => {
      const now = heard()
      misses = now === last ? misses + 1 : 0
      last = now
      return misses * pingMillis >= deadMillis
    })
    return Effect.as(
      Effect.repeat(Effect.delay(look, pingMillis), { until: (isSilent) => isSilent }),
      lost(`The runner was silent for ${deadMillis} ms`)
    )
  })

/** Never fails: however it ends is an answer. */
export const session = (controlUrl: string, options: SessionOptions): Effect.Effect<SessionEnd> =>
  Effect.scoped(Effect.gen(function*() {
    const { agentId, desk, driver, hostname, memory } = options
    const key = keyOf(options.token)
    const scope = yield* Effect.scope
    const client = yield* dial(controlUrl, options.authority)
    const hello = yield* Effect.timeoutOrElse(client.Hello(), {
      duration: Limits.agentHelloMillis,
      orElse: () => Effect.fail({ message: "it does not answer" })
    })
    const challenge = nonce()
    const ended = Deferred.makeUnsafe<SessionEnd>()
    let heard = 0
    let isAdopted = false

    const adopt = (adopted: Adopted): Effect.Effect<void> => {
      if (!isSame(adopted.proof, runnerProof(key, challenge, hostname, adopted.epoch))) {
        const message = `What answers at ${controlUrl} does not know the credential of host ${hostname}`
        return Effect.asVoid(Deferred.succeed(ended, untrusted(message)))
      }
      const problem = memory.adopt(adopted.epoch, adopted.highWater)
      if (problem !== undefined) return Effect.asVoid(Deferred.succeed(ended, untrusted(problem)))
      isAdopted = true
      desk.keepOnly(adopted.calls)
      const watching = Effect.flatMap(silence(() => heard, adopted.pingMillis, adopted.deadMillis), (end) => Deferred.succeed(ended, end))
      return Effect.andThen(options.onAdopted(client, adopted), Effect.forkIn(watching, scope))
    }
    const obey = (message: FromRunner): Effect.Effect<unknown> => {
      heard += 1
      if (message._tag === "Ended") return Deferred.succeed(ended, message)
      if (message._tag === "Adopted") return adopt(message)
      if (!isAdopted) return Effect.void
      switch (message._tag) {
        case "Call":
          return desk.start(message)
        case "Cancel":
          return Effect.sync(() => desk.cancel(message.id))
        case "Ping":
          return Effect.forkIn(Effect.ignore(client.Pong({ number: message.number })), scope)
      }
    }
    const listening = client.Attach({
      host: hostname, agentId, challenge,
      protocol: protocolVersion,
      version: options.version,
      proof: agentProof(key, hello.nonce, hostname, agentId),
      capabilities: driver.capabilities
    }).pipe(
      Stream.runForEach(obey),
      Effect.as(lost("The runner said nothing more"))
    )
    const first = Effect.raceFirst(Deferred.await(ended), listening)
    return yield* first.pipe(Effect.ensuring(Effect.suspend(() => isAdopted ? options.onLost : Effect.void)))
  })).pipe(
    Effect.catch((error) => Effect.succeed(lost(`No connection: ${error.message}`))),
    Effect.catchDefect((defect) => Effect.succeed(lost(String(defect))))
  )
