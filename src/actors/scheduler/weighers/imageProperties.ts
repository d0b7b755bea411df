import type { ClassWeigher } from "../Weigher.ts"

/** To hosts (positive) or away from them (negative) whose servers' images have the same properties. Off unless asked for. */
export const imageProperties: ClassWeigher = {
  reads: "class",
  name: "ImagePropertiesWeigher",
  multiplier: 0,
  metadataKey: "image_props_weight_multiplier",
  floor: null,
  key: ({ imageProperties }) => JSON.stringify(Object.entries(imageProperties).toSorted()),
  weigh: (host, spec) => {
    let same = 0
    for (const server of host.servers()) {
      for (const key in spec.imageProperties) if (server.imageProperties[key] === spec.imageProperties[key]) same++
    }
    return same
  }
}
