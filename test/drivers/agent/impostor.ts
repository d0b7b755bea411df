/** Something that takes any agent's proof for good, and would have a guest spawned. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { serve } from "../../../src/api/http/Server.ts"
import { AgentGateway } from "../../../src/drivers/agent/AgentGateway.ts"
import { makeAttached } from "../../../src/drivers/agent/attachment.ts"
import { HostLink } from "../../../src/drivers/agent/HostLink.ts"
import * as mount from "../../../src/drivers/agent/mount.ts"
import { runnerProof } from "../../../src/drivers/agent/proofs.ts"
import { keyOf } from "../../../src/actors/host/AgentCredential.ts"
import { Images } from "../../../src/actors/image/ImageProtocol.ts"
import { refuse } from "../../../src/actors/shared/Refusal.ts"
import { specOf } from "../specs.ts"

const never = () => Effect.fail(refuse("notFound", "not here"))

export const startImpostor = (honest: string): Effect.Effect<{ readonly url: string; readonly attachments: () => number }, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    let attachments = 0
    const gateway = AgentGateway.of({
      attach: (claim) =>
        Effect.map(
          makeAttached({ claim, key: "", link: new HostLink(claim.host, () => "call"), onEvent: () => {}, onLost: () => {} }),
          (attached) => {
            attachments += 1
            attached.send({
              _tag: "Adopted", epoch: 1, proof: runnerProof(keyOf("guessed"), claim.challenge, claim.host, 1), controlUrls: [honest],
              pingMillis: 1_000, deadMillis: 3_000, highWater: null, calls: ["call"]
            })
            attached.send({ _tag: "Call", id: "call", epoch: 1, call: { _tag: "spawn", spec: specOf(666) } })
            return attached
          }
        )
    })
    const agents = yield* mount.make.pipe(
      Effect.provideService(AgentGateway, gateway),
      Effect.provideService(Images, { get: never, list: () => Effect.succeed([]), remove: never, setProperties: never, file: never })
    )
    const { port } = yield* serve({
      host: "127.0.0.1", port: 0, faces: [], isReady: Effect.succeed(true), status: Effect.succeed({}), mounts: { "/agent": agents }
    })
    return { url: `http://127.0.0.1:${port}`, attachments: () => attachments }
  })
