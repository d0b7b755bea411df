import { routes as aggregates } from "./aggregates/routes.ts"
import { routes as availabilityZones } from "./availabilityZones/routes.ts"
import { routes as consoleTokens } from "./consoleTokens/routes.ts"
import { routes as externalEvents } from "./externalEvents/routes.ts"
import { routes as extensions } from "./extensions/routes.ts"
import { routes as flavors } from "./flavors/routes.ts"
import { routes as gone } from "./gone/routes.ts"
import { routes as hosts } from "./hosts/routes.ts"
import { routes as hypervisors } from "./hypervisors/routes.ts"
import { routes as images } from "./images/routes.ts"
import { routes as keypairs } from "./keypairs/routes.ts"
import { routes as limits } from "./limits/routes.ts"
import { routes as migrations } from "./migrations/routes.ts"
import { routes as networks } from "./networks/routes.ts"
import type { Operation } from "./Operations.ts"
import { routes as quotas } from "./quotas/routes.ts"
import { routes as serverGroups } from "./serverGroups/routes.ts"
import { routes as services } from "./services/routes.ts"
import { routes as usage } from "./usage/routes.ts"

const rows = [
  ...aggregates,
  ...availabilityZones,
  ...consoleTokens,
  ...extensions,
  ...externalEvents,
  ...flavors,
  ...gone,
  ...hosts,
  ...hypervisors,
  ...images,
  ...keypairs,
  ...limits,
  ...migrations,
  ...networks,
  ...quotas,
  ...serverGroups,
  ...services,
  ...usage
]

/** All the services that some handler needs. */
export type ComputeServices = (typeof rows)[number] extends infer Row ? Row extends Operation<infer R> ? R : never : never

/** The operations of the compute service's reference data and of its operators; those of servers are beside them. */
export const operations: ReadonlyArray<Operation<ComputeServices>> = rows
