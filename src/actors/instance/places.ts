import type { Instance } from "./Instance.ts"

type HasPlace = Pick<Instance, "numa" | "devices" | "allocations">

/** Most servers never have a place of their own in NUMA cells, nor devices, nor other providers: their states do not speak of them. */
export const withPlace = (instance: Instance, { allocations, devices, numa }: HasPlace): HasPlace => ({
  ...(numa == null && instance.numa == null ? {} : { numa: numa ?? null }),
  ...(devices == null && instance.devices == null ? {} : { devices: devices ?? null }),
  ...(allocations === undefined && instance.allocations === undefined ? {} : { allocations: allocations ?? {} })
})

/** It is nowhere. */
export const noPlace = { numa: null, devices: null }
