import { Context } from "effect"
import { type Aliases, noAliases } from "../placement/devices/aliases.ts"
import type { Isolation } from "./filters/isolatedHosts.ts"
import { noPrefilters, type PrefilterSettings } from "./prefilters.ts"

/** What operators may change of scheduling. Names of filters and weighers are Nova's. */
export interface SchedulerSettings {
  readonly enabledFilters: ReadonlyArray<string>
  /** Multipliers other than the usual ones, by weigher: negative packs where positive spreads. */
  readonly weights: { readonly [weigher: string]: number }
  readonly maxIoOpsPerHost: number
  readonly maxInstancesPerHost: number
  readonly isolation: Isolation
  /** Metrics that are weighed, each with its ratio. */
  readonly metrics: ReadonlyArray<readonly [metric: string, ratio: number]>
  readonly prefilters: PrefilterSettings
  /** AggregateImagePropertiesIsolation reads keys of this namespace alone; `null`: all. */
  readonly imageNamespace: string | null
  readonly imageSeparator: string
  /** NUMA cells that are used most come first, not those used least. */
  readonly isNumaPacked: boolean
  /** Of so many best hosts one is drawn. */
  readonly hostSubsetSize: number
  /** Among hosts as good as each other chance decides, not the name. */
  readonly isShuffled: boolean
  /** What flavors may call PCI devices. */
  readonly aliases: Aliases
}

/** Nova's own defaults. */
export const defaultSettings: SchedulerSettings = {
  enabledFilters: [
    "ComputeFilter", "ComputeCapabilitiesFilter", "ImagePropertiesFilter", "ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter"
  ],
  weights: {},
  maxIoOpsPerHost: 8,
  maxInstancesPerHost: 50,
  isolation: { hosts: [], images: [], isRestricted: true },
  metrics: [],
  prefilters: noPrefilters,
  imageNamespace: null,
  imageSeparator: ".",
  isNumaPacked: false,
  hostSubsetSize: 1,
  isShuffled: false,
  aliases: noAliases
}

export const SchedulerOptions = Context.Reference<SchedulerSettings>("kilonova/actors/scheduler/SchedulerOptions", {
  defaultValue: () => defaultSettings
})
