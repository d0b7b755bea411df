import { Effect } from "effect"
import { operations } from "../../api/http/compute/allOperations.ts"
import type { ComputeServices } from "../../api/http/compute/allOperations.ts"
import { computeFace } from "../../api/http/compute/computeFace.ts"
import type { Needs } from "../../api/http/compute/servers/asking.ts"
import { serverRoutes } from "../../api/http/compute/servers/routes.ts"
import * as IdentityFace from "../../api/http/identity/IdentityFace.ts"
import * as ImageFace from "../../api/http/image/imageFace.ts"
import * as NetworkFace from "../../api/http/network/networkFace.ts"
import * as PlacementFace from "../../api/http/placement/placementFace.ts"

/** The services of the catalog that this process serves, each under its prefix. */
export const make = Effect.all([
  IdentityFace.make,
  computeFace<ComputeServices | Needs>({ operations: [...operations, ...serverRoutes] }),
  ImageFace.make,
  NetworkFace.make,
  PlacementFace.make
])
