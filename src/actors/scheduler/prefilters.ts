/** What operators may have every request ask of Placement besides what it says itself: Nova's request filters, under its names. */
import type { Aggregate } from "../host/Aggregate.ts"
import type { Wanting } from "./RequestSpec.ts"

export interface PrefilterSettings {
  /** `query_placement_for_image_type_support` */
  readonly isImageTypeAsked: boolean
  /** `image_metadata_prefilter` */
  readonly isImageMetadataAsked: boolean
  /** `limit_tenants_to_placement_aggregate` */
  readonly areTenantsLimited: boolean
  /** `placement_aggregate_required_for_tenants` */
  readonly isTenantAggregateRequired: boolean
}

export const noPrefilters: PrefilterSettings = {
  isImageTypeAsked: false, isImageMetadataAsked: false, areTenantsLimited: false, isTenantAggregateRequired: false
}

export interface Prefiltered {
  /** Traits beside the request's own. */
  readonly required: ReadonlyArray<string>
  /** UUIDs of the aggregates, one of which the host must be in; `null`: it may be anywhere. */
  readonly tenantAggregates: ReadonlyArray<string> | null
}

export const unfiltered: Prefiltered = { required: [], tenantAggregates: null }

const traitPrefixes: ReadonlyArray<readonly [property: string, prefix: string]> = [
  ["hw_cdrom_bus", "COMPUTE_STORAGE_BUS"], ["hw_disk_bus", "COMPUTE_STORAGE_BUS"],
  ["hw_video_model", "COMPUTE_GRAPHICS_MODEL"], ["hw_vif_model", "COMPUTE_NET_VIF_MODEL"]
]

const traitOf = (prefix: string, value: string | undefined): ReadonlyArray<string> =>
  value === undefined || value === "" ? [] : [`${prefix}_${value.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`]

const key = "filter_tenant_id"

/** Aggregates whose metadata name the project, under the key or one that begins with it. */
const ofTenant = (all: Iterable<Aggregate>, projectId: string): ReadonlyArray<string> =>
  [...all].filter(({ metadata }) =>
    Object.entries(metadata).some(([name, value]) => name.startsWith(key) && value.split(",").some((one) => one.trim() === projectId))
  ).map(({ uuid }) => uuid)

export const prefilter = (settings: PrefilterSettings, aggregates: () => Iterable<Aggregate>) => {
  const { areTenantsLimited, isImageMetadataAsked, isImageTypeAsked, isTenantAggregateRequired } = settings
  if (!areTenantsLimited && !isImageMetadataAsked && !isImageTypeAsked) return () => unfiltered
  return ({ imageProperties, projectId }: Pick<Wanting, "imageProperties" | "projectId">): Prefiltered => {
    const own = areTenantsLimited ? ofTenant(aggregates(), projectId) : []
    return {
      required: [
        ...isImageTypeAsked ? traitOf("COMPUTE_IMAGE_TYPE", imageProperties["disk_format"]) : [],
        ...isImageMetadataAsked ? traitPrefixes.flatMap(([property, prefix]) => traitOf(prefix, imageProperties[property])) : []
      ],
      tenantAggregates: areTenantsLimited && (own.length > 0 || isTenantAggregateRequired) ? own.toSorted() : null
    }
  }
}
