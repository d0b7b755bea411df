import { Effect, Layer } from "effect"
import { ask } from "../../runtime/kernel/ask.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { flavors, snapshotOf } from "../catalog/Flavor.ts"
import { Images } from "../image/ImageProtocol.ts"
import type { Instance } from "../instance/Instance.ts"
import type { Asked } from "../instance/ServersProtocol.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { type Explained, Placements, type WhatIfAsked } from "./PlacementsProtocol.ts"
import type { Proof } from "./proof/Proof.ts"
import { ProofIndex, proofsOf } from "./proof/ProofIndex.ts"
import { defaultCell, SchedulerEntity } from "./SchedulerProtocol.ts"
import type { WhatIfQuestion } from "./whatIf/WhatIf.ts"

export const layer = Layer.effect(Placements, Effect.gen(function*() {
  const index = yield* InstanceIndex
  const records = yield* Records
  const images = yield* Images
  const scheduler = (yield* SchedulerEntity.client)(defaultCell)

  // Who never asks by request does without the index.
  let byRequest: ProofIndex | undefined
  yield* index.watchServers((before, after) => byRequest?.change(before, after))
  const indexed = (): ProofIndex => {
    if (byRequest !== undefined) return byRequest
    const made = new ProofIndex()
    for (const server of index.ofProject(null)) made.change(undefined, server)
    return byRequest = made
  }

  const proofs = (server: Instance, isAsked: (proof: Proof) => boolean): ReadonlyArray<Explained> =>
    proofsOf(server).filter(isAsked).map((proof) => ({ server, proof })).toReversed()

  /** Newest first; of one request in the order of its servers. */
  const explained = (id: string): ReadonlyArray<Explained> => {
    const one = index.get(id)
    if (one !== undefined) return proofs(one, () => true)
    return Array.from(indexed().of(id), (server) => index.get(server))
      .filter((server) => server !== undefined)
      .sort((a, b) => a.launchIndex - b.launchIndex)
      .flatMap((server) => proofs(server, ({ request }) => request.requestId === id))
      .slice(0, Limits.explanationsMax)
  }

  const flavorOf = (id: string) => {
    const flavor = records.get(flavors, id)
    return flavor === undefined
      ? Effect.fail(refuse("badRequest", `Flavor ${id} could not be found.`, "FlavorNotFound")) : Effect.succeed(snapshotOf(flavor))
  }

  const questionOf = Effect.fnUntraced(function*({ caller, requestId }: Asked, asked: WhatIfAsked): Effect.fn.Return<WhatIfQuestion, Refusal> {
    switch (asked._tag) {
      case "Drain": return asked
      case "Replay":
      case "Migrate": return { ...asked, requestId }
      case "Resize": {
        const { flavorId, ...resize } = asked
        return { ...resize, requestId, flavor: yield* flavorOf(flavorId) }
      }
      case "Boot":
      case "BootSeveral": {
        const { flavorId, imageId, ...boot } = asked
        const image = imageId === null ? null : yield* images.get(caller, imageId)
        const flavor = yield* flavorOf(flavorId)
        return { ...boot, requestId, projectId: caller.projectId ?? "", flavor, imageId, imageProperties: image?.properties ?? {} }
      }
    }
  })

  return Placements.of({
    explain: (id) =>
      Effect.suspend(() => {
        const found = explained(id)
        return found.length > 0
          ? Effect.succeed(found)
          : Effect.fail(refuse("notFound", `No decision of the scheduler is known for ${id}: give the id of a server, or of a request that made or moved one.`))
      }),
    whatIf: (asked, question) => Effect.flatMap(questionOf(asked, question), (exact) => ask(scheduler.WhatIf({ question: exact })))
  })
}))
