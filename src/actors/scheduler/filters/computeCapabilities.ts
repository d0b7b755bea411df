import { attributeOf } from "../attributes.ts"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import { matches } from "../match.ts"
import type { RequestSpec } from "../RequestSpec.ts"

const textOf = (host: HostState, path: string): string | ReadonlyArray<string> | undefined => {
  const value = attributeOf(host, path.split(":"))
  return value === undefined ? undefined : Array.isArray(value) ? value : typeof value === "object" ? JSON.stringify(value) : String(value)
}

const broken = (host: HostState, { capabilities }: RequestSpec) =>
  capabilities.find(([path, wanted]) => {
    const value = textOf(host, path)
    return value === undefined || !matches(value, wanted)
  })

/** Extra specs of namespace `capabilities`, and those of none, match the host's attributes (Nova: ComputeCapabilitiesFilter). */
export const computeCapabilities: ClassFilter = {
  name: "ComputeCapabilitiesFilter",
  isResource: false,
  key: ({ capabilities }) => capabilities.length === 0 ? "" : JSON.stringify(capabilities),
  admits: (host, spec) => broken(host, spec) === undefined,
  why: (host, spec) => {
    const [path, wanted] = broken(host, spec)!
    const value = textOf(host, path)
    return { reason: value === undefined ? `has no capability ${path}` : `${path} is ${String(value)}, ${wanted} needed` }
  }
}
