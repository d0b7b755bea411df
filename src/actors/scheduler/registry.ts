import type { Filter } from "./Filter.ts"
import { affinity } from "./filters/affinity.ts"
import { aggregateImageProperties } from "./filters/aggregateImageProperties.ts"
import { aggregateSpecs } from "./filters/aggregateSpecs.ts"
import { aggregateTenants } from "./filters/aggregateTenants.ts"
import { aggregateType } from "./filters/aggregateType.ts"
import { antiAffinity } from "./filters/antiAffinity.ts"
import { availabilityZone } from "./filters/availabilityZone.ts"
import { compute } from "./filters/compute.ts"
import { computeCapabilities } from "./filters/computeCapabilities.ts"
import { aggregateIoOps, aggregateNumInstances, ioOps, numInstances } from "./filters/counted.ts"
import { differentHost, sameHost } from "./filters/hinted.ts"
import { imageProperties } from "./filters/imageProperties.ts"
import { isolatedAggregates } from "./filters/isolatedAggregates.ts"
import { isolatedHosts } from "./filters/isolatedHosts.ts"
import { json } from "./filters/json.ts"
import { metrics } from "./filters/metrics.ts"
import { numaTopology } from "./filters/numaTopology.ts"
import { pciPassthrough } from "./filters/pciPassthrough.ts"
import { requestedHost } from "./filters/requestedHost.ts"
import { otherResources } from "./filters/otherResources.ts"
import { allHosts, disk, memory, pcpu, traits, vcpu } from "./filters/resources.ts"
import { simpleCidrAffinity } from "./filters/simpleCidrAffinity.ts"
import { tenantAggregates } from "./filters/tenantAggregates.ts"
import type { SchedulerSettings } from "./settings.ts"
import type { Weigher } from "./Weigher.ts"
import * as free from "./weighers/free.ts"
import { imageProperties as sameImages } from "./weighers/imageProperties.ts"
import * as load from "./weighers/load.ts"
import { metrics as weighedMetrics } from "./weighers/metrics.ts"
import { packing } from "./weighers/packing.ts"
import * as serverGroup from "./weighers/serverGroup.ts"

/** Asked of every request, whatever is enabled: what Placement and the words of the API promise. */
const resources: ReadonlyArray<Filter> = [availabilityZone, tenantAggregates, memory, vcpu, disk, pcpu, traits, otherResources]
/** So are devices and NUMA cells, which nobody could have without a place of their own. */
const places = (settings: SchedulerSettings): ReadonlyArray<Filter> => [pciPassthrough, numaTopology(settings.isNumaPacked)]

/** What an operator may enable, by Nova's names, in the order they are asked: the cheap and most selective first. */
const choosable = (settings: SchedulerSettings): ReadonlyArray<Filter> => [
  allHosts,
  aggregateTenants,
  aggregateType,
  isolatedHosts(settings.isolation),
  isolatedAggregates,
  simpleCidrAffinity,
  ioOps(settings.maxIoOpsPerHost),
  aggregateIoOps(settings.maxIoOpsPerHost),
  numInstances(settings.maxInstancesPerHost),
  aggregateNumInstances(settings.maxInstancesPerHost),
  metrics(settings.metrics.map(([name]) => name)),
  imageProperties,
  computeCapabilities,
  aggregateSpecs,
  aggregateImageProperties(settings.imageNamespace, settings.imageSeparator),
  json,
  sameHost,
  differentHost,
  affinity,
  antiAffinity
]

/** Those of the one request come last: their values are not kept. */
const allWeighers = (settings: SchedulerSettings): ReadonlyArray<Weigher> => [
  free.ram, free.cpu, free.disk, load.ioOps, load.numInstances, load.pci, load.buildFailure, load.crossCell, load.hypervisorVersion,
  sameImages, packing, weighedMetrics(settings.metrics), serverGroup.softAffinity, serverGroup.softAntiAffinity
]

/** Filters in the order they are asked, weighers in the order they are summed. */
export interface Rules {
  readonly filters: ReadonlyArray<Filter>
  readonly weighers: ReadonlyArray<Weigher>
  /** See `numaTopology`. */
  readonly isNumaPacked: boolean
}

export const rulesOf = (settings: SchedulerSettings): Rules => {
  const enabled = new Set(settings.enabledFilters)
  const chosen = (filters: ReadonlyArray<Filter>) => filters.filter(({ name }) => enabled.has(name))
  return {
    filters: [requestedHost, ...chosen([compute]), ...resources, ...chosen(choosable(settings)), ...places(settings)],
    weighers: allWeighers(settings).map((weigher) => ({ ...weigher, multiplier: settings.weights[weigher.name] ?? weigher.multiplier })),
    isNumaPacked: settings.isNumaPacked
  }
}

/** Names for options, and for what is said of a wrong one. */
export const filterNames = (settings: SchedulerSettings): ReadonlyArray<string> =>
  [compute, ...choosable(settings), ...places(settings)].map(({ name }) => name)
export const weigherNames = (settings: SchedulerSettings): ReadonlyArray<string> => allWeighers(settings).map(({ name }) => name)
