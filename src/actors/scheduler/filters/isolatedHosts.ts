import type { ClassFilter } from "../Filter.ts"
import type { RequestSpec } from "../RequestSpec.ts"

export interface Isolation {
  readonly hosts: ReadonlyArray<string>
  readonly images: ReadonlyArray<string>
  /** Isolated hosts are for isolated images alone. */
  readonly isRestricted: boolean
}

/** Isolated images run on isolated hosts alone (Nova: IsolatedHostsFilter). */
export const isolatedHosts = (isolation: Isolation): ClassFilter => {
  const hosts = new Set(isolation.hosts)
  const images = new Set(isolation.images)
  const isIsolated = ({ imageId }: RequestSpec) => imageId !== null && images.has(imageId)
  return {
    name: "IsolatedHostsFilter",
    isResource: false,
    key: (spec) => isIsolated(spec) ? "isolated" : "free",
    admits: (host, spec) => isIsolated(spec) ? hosts.has(host.hostname) : !isolation.isRestricted || !hosts.has(host.hostname),
    why: (_, spec) => ({ reason: isIsolated(spec) ? "not one of the hosts for isolated images" : "is for isolated images alone" })
  }
}
