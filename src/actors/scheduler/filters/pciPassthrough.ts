import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"

const missing = (host: HostState, { devices, together }: RequestSpec) =>
  devices.find(([alias, count]) => !(count * together <= (host.devicesFree.get(alias) ?? 0)))

/** Hosts with a free PCI device for each that the flavor asks for (Nova: PciPassthroughFilter). */
export const pciPassthrough: ClassFilter = {
  name: "PciPassthroughFilter",
  isResource: true,
  key: ({ devices, together }) => devices.length === 0 ? "" : `${devices.join(" ")} ${together}`,
  admits: (host, spec) => missing(host, spec) === undefined,
  why: (host, spec) => {
    const [alias, count] = missing(host, spec)!
    const short = { resource: alias, needed: count * spec.together, available: host.devicesFree.get(alias) ?? 0 }
    return { reason: `${short.available} PCI devices ${alias} free of ${short.needed} needed`, short }
  }
}
