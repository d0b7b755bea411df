/** An agent that says what a test wants, not what agents say. */
import { Effect, Stream } from "effect"
import type { Scope } from "effect"
import { keyOf } from "../../../src/actors/host/AgentCredential.ts"
import { dial, type RunnerClient } from "../../../src/drivers/agent/dial.ts"
import { type Claim, type FromRunner, protocolVersion } from "../../../src/drivers/agent/protocol.ts"
import { agentProof, nonce } from "../../../src/drivers/agent/proofs.ts"
import { until } from "./world.ts"

export interface Intruder {
  readonly client: RunnerClient
  readonly messages: ReadonlyArray<FromRunner>
  /** The connection is gone. */
  readonly isClosed: () => boolean
  /** Waits for a message. */
  readonly hears: <T extends FromRunner["_tag"]>(tag: T) => Effect.Effect<Extract<FromRunner, { readonly _tag: T }>>
}

export interface Attempt {
  readonly host: string
  readonly token: string
  readonly claim?: Partial<Claim>
  /** Does not answer pings. */
  readonly isMute?: boolean
}

export const claimOf = ({ claim, host, token }: Attempt, given: string): Claim => {
  const agentId = claim?.agentId ?? "intruder"
  return {
    host, agentId, protocol: protocolVersion, version: "test", challenge: nonce(),
    proof: agentProof(keyOf(token), given, host, agentId),
    capabilities: { pause: true, suspend: true, consoleLog: true },
    ...claim
  }
}

/** Attaches on a connection of its own, and listens. */
export const intrude = (url: string, attempt: Attempt): Effect.Effect<Intruder, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const client = yield* dial(url, null)
    const hello = yield* client.Hello()
    const messages: Array<FromRunner> = []
    let isClosed = false
    yield* client.Attach(claimOf(attempt, hello.nonce)).pipe(
      Stream.runForEach((message) => {
        messages.push(message)
        return message._tag === "Ping" && attempt.isMute !== true
          ? Effect.forkChild(Effect.ignore(client.Pong({ number: message.number })))
          : Effect.void
      }),
      Effect.ignoreCause,
      Effect.andThen(Effect.sync(() => isClosed = true)),
      Effect.forkScoped
    )
    const find = <T extends FromRunner["_tag"]>(tag: T) =>
      messages.find((message): message is Extract<FromRunner, { readonly _tag: T }> => message._tag === tag)
    return {
      client, messages, isClosed: () => isClosed,
      hears: (tag) => Effect.map(until(() => find(tag) !== undefined), () => find(tag)!)
    }
  })
