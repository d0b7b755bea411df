import type { Filter, Weigher } from "./Filter.ts"
import { availabilityZone } from "./filters/availabilityZone.ts"
import { compute } from "./filters/compute.ts"
import { requestedHost } from "./filters/requestedHost.ts"
import { disk, memory, vcpu } from "./filters/resources.ts"
import { affinity, antiAffinity } from "./filters/serverGroup.ts"
import * as free from "./weighers/free.ts"

/** The one list, in the order they are asked: the cheap and most selective first. */
export const filters: ReadonlyArray<Filter> = [
  requestedHost, compute, availabilityZone, memory, vcpu, disk, affinity, antiAffinity
]

export const weighers: ReadonlyArray<Weigher> = [free.ram, free.cpu, free.disk, free.softAffinity, free.softAntiAffinity]
