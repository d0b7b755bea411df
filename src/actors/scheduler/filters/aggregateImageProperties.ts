import { keysOf, wordsOf } from "../aggregates.ts"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"

/**
 * What the image says under a key of the aggregate's metadata is among what that says (Nova: AggregateImagePropertiesIsolation).
 * `namespace`: only keys that begin with it and `separator`.
 */
export const aggregateImageProperties = (namespace: string | null, separator: string): ClassFilter => {
  const prefix = namespace === null ? "" : namespace + separator
  const broken = (host: HostState, { imageProperties }: RequestSpec) =>
    keysOf(host, prefix).find((key) => (imageProperties[key] ?? "") !== "" && !wordsOf(host, key).includes(imageProperties[key]!))
  return {
    name: "AggregateImagePropertiesIsolation",
    isResource: false,
    key: ({ imageProperties }) => {
      const own = Object.entries(imageProperties).filter(([key]) => key.startsWith(prefix))
      return own.length === 0 ? "" : JSON.stringify(own.toSorted())
    },
    admits: (host, spec) => host.aggregates.length === 0 || broken(host, spec) === undefined,
    why: (host, spec) => {
      const key = broken(host, spec)!
      return { reason: `its aggregates say ${key}=${wordsOf(host, key).join(",")}, the image says ${spec.imageProperties[key]}` }
    }
  }
}
