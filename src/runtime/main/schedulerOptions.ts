/** The options of scheduling: what Nova's operators have in `[filter_scheduler]`, under the same names and words. */
import { Result } from "effect"
import { noAliases, parseAliases } from "../../actors/placement/devices/aliases.ts"
import { noPrefilters } from "../../actors/scheduler/prefilters.ts"
import { filterNames, weigherNames } from "../../actors/scheduler/registry.ts"
import { defaultSettings, type SchedulerSettings } from "../../actors/scheduler/settings.ts"
import { checked, int, type SettingsOf, text, toggle } from "./optionKinds.ts"

const wordsIn = (value: string): ReadonlyArray<string> => value.split(",").map((word) => word.trim()).filter((word) => word !== "")

const pairsIn = (value: string): ReadonlyArray<readonly [name: string, number: number]> =>
  wordsIn(value).map((word) => {
    const at = word.indexOf("=")
    return [word.slice(0, at).trim(), at < 0 || word.slice(at + 1).trim() === "" ? Number.NaN : Number(word.slice(at + 1))] as const
  })

const strangerAmong = (names: ReadonlyArray<string>, known: ReadonlyArray<string>): string | undefined => {
  const stranger = names.find((name) => !known.includes(name))
  return stranger === undefined ? undefined : `must not name ${stranger}: there are ${known.join(", ")}`
}

const unreadableNumber = (given: string): string | undefined => {
  const pair = pairsIn(given).find(([, number]) => !Number.isFinite(number))
  return pair === undefined ? undefined : `must give ${pair[0] || "each name"} a number, as NAME=-1.0`
}

export const schedulerOptions = {
  enabledFilters: checked(
    { fallback: defaultSettings.enabledFilters.join(","), metavar: "FILTER,FILTER", meaning: "Scheduler filters, by Nova's names; resources, traits, zones, NUMA cells and devices are checked in any case" },
    (given) => strangerAmong(wordsIn(given), filterNames(defaultSettings))
  ),
  weights: checked(
    { fallback: null, metavar: "WEIGHER=NUMBER,…", meaning: "Multipliers of scheduler weighers by Nova's names, as RAMWeigher=-1.0; a negative one packs where a positive one spreads" },
    (given) => unreadableNumber(given) ?? strangerAmong(pairsIn(given).map(([name]) => name), weigherNames(defaultSettings))
  ),
  hostSubsetSize: int({ fallback: defaultSettings.hostSubsetSize, min: 1, max: 1000, metavar: "COUNT", meaning: "The scheduler draws one of so many best hosts" }),
  shuffleBestHosts: toggle({ fallback: defaultSettings.isShuffled, meaning: "Among hosts as good as each other chance decides, not the name" }),
  packNumaCells: toggle({ fallback: defaultSettings.isNumaPacked, meaning: "Guests' NUMA nodes go to the host nodes used most, not least" }),
  maxIoOpsPerHost: int({ fallback: defaultSettings.maxIoOpsPerHost, min: 1, max: 100_000, metavar: "COUNT", meaning: "For IoOpsFilter: servers of a host with a task in flight; aggregates may say another" }),
  maxInstancesPerHost: int({ fallback: defaultSettings.maxInstancesPerHost, min: 1, max: 1_000_000, metavar: "COUNT", meaning: "For NumInstancesFilter: servers of a host; aggregates may say another" }),
  isolatedHosts: text({ fallback: null, metavar: "HOST,HOST", meaning: "For IsolatedHostsFilter: the hosts of --isolated-images" }),
  isolatedImages: text({ fallback: null, metavar: "ID,ID", meaning: "For IsolatedHostsFilter: images that run on --isolated-hosts alone" }),
  restrictIsolatedHosts: toggle({ fallback: defaultSettings.isolation.isRestricted, meaning: "Isolated hosts run isolated images alone" }),
  isolatedAggregateFiltering: toggle({ fallback: false, meaning: "Hosts of aggregates with trait:X=required are for requests of X alone, as Nova's enable_isolated_aggregate_filtering" }),
  imageTypeSupport: toggle({ fallback: noPrefilters.isImageTypeAsked, meaning: "Only hosts that say they run images of the format, as Nova's query_placement_for_image_type_support" }),
  imageMetadataPrefilter: toggle({ fallback: noPrefilters.isImageMetadataAsked, meaning: "Only hosts that say they have the buses and models the image names, as Nova's image_metadata_prefilter" }),
  limitTenants: toggle({ fallback: noPrefilters.areTenantsLimited, meaning: "Projects that aggregates name in filter_tenant_id go to these alone, as Nova's limit_tenants_to_placement_aggregate" }),
  requireTenantAggregate: toggle({ fallback: noPrefilters.isTenantAggregateRequired, meaning: "And those that none names go nowhere, as Nova's placement_aggregate_required_for_tenants" }),
  imageIsolationNamespace: text({ fallback: null, metavar: "NAMESPACE", meaning: "For AggregateImagePropertiesIsolation: only metadata keys that begin with it and a dot" }),
  weighedMetrics: checked(
    { fallback: null, metavar: "METRIC=RATIO,…", meaning: "For MetricsWeigher and MetricsFilter: hosts' metrics, each with its ratio" },
    unreadableNumber
  ),
  pciAlias: checked(
    { fallback: null, isList: true, metavar: "JSON", meaning: "What flavors may call PCI devices in pci_passthrough:alias, as Nova's [pci]alias: {\"name\": \"gpu\", \"vendor_id\": \"10de\", \"product_id\": \"1eb8\"}; may be given several times" },
    (given) => Result.match(parseAliases(given), { onSuccess: () => undefined, onFailure: (problem) => problem })
  )
} as const

export const schedulerSettingsOf = (given: SettingsOf<typeof schedulerOptions>): SchedulerSettings => ({
  ...defaultSettings,
  enabledFilters: [...wordsIn(given.enabledFilters), ...given.isolatedAggregateFiltering ? ["IsolatedAggregatesFilter"] : []],
  weights: Object.fromEntries(pairsIn(given.weights ?? "")),
  hostSubsetSize: given.hostSubsetSize,
  isShuffled: given.shuffleBestHosts,
  isNumaPacked: given.packNumaCells,
  maxIoOpsPerHost: given.maxIoOpsPerHost,
  maxInstancesPerHost: given.maxInstancesPerHost,
  isolation: {
    hosts: wordsIn(given.isolatedHosts ?? ""), images: wordsIn(given.isolatedImages ?? ""), isRestricted: given.restrictIsolatedHosts
  },
  prefilters: {
    isImageTypeAsked: given.imageTypeSupport, isImageMetadataAsked: given.imageMetadataPrefilter,
    areTenantsLimited: given.limitTenants, isTenantAggregateRequired: given.requireTenantAggregate
  },
  imageNamespace: given.imageIsolationNamespace,
  metrics: pairsIn(given.weighedMetrics ?? ""),
  aliases: given.pciAlias === null ? noAliases : Result.getOrElse(parseAliases(given.pciAlias), () => noAliases)
})
