import { Effect } from "effect"
import type { Drains } from "../../actors/scheduler/DrainsProtocol.ts"
import type { Placements } from "../../actors/scheduler/PlacementsProtocol.ts"
import { operations } from "../../api/http/compute/allOperations.ts"
import type { ComputeServices } from "../../api/http/compute/allOperations.ts"
import { computeFace } from "../../api/http/compute/computeFace.ts"
import { explanationRoutes } from "../../api/http/compute/placementExplanations/routes.ts"
import type { Needs } from "../../api/http/compute/servers/asking.ts"
import { serverRoutes } from "../../api/http/compute/servers/routes.ts"
import type { Face, Reply } from "../../api/http/Face.ts"
import * as IdentityFace from "../../api/http/identity/IdentityFace.ts"
import * as ImageFace from "../../api/http/image/imageFace.ts"
import * as NetworkFace from "../../api/http/network/networkFace.ts"
import * as PlacementFace from "../../api/http/placement/placementFace.ts"
import { Journal } from "../kernel/Journal.ts"

const away: Reply = {
  status: 503,
  headers: { "content-type": "application/json", "retry-after": "1" },
  payload: JSON.stringify({ error: { code: 503, title: "Service Unavailable", message: "The store of this cloud does not answer: try again." } })
}

/** Whatever was acknowledged before a request, by any process, is seen by it. */
const current = (sync: Journal["Service"]["sync"]) => (face: Face): Face => ({
  ...face,
  respond: (incoming) =>
    Effect.matchEffect(sync, {
      onSuccess: () => face.respond(incoming),
      onFailure: () => Effect.succeed(away)
    })
})

const all = Effect.all([
  IdentityFace.make,
  computeFace<ComputeServices | Drains | Needs | Placements>({ operations: [...operations, ...serverRoutes, ...explanationRoutes] }),
  ImageFace.make,
  NetworkFace.make,
  PlacementFace.make
])

/** The services of the catalog that this process serves, each under its prefix. */
export const make = Effect.gen(function*() {
  const { sync } = yield* Journal
  const faces = yield* all
  return faces.map(current(sync))
})
