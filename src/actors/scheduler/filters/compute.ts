import type { Filter } from "../Filter.ts"

/** Refuses hosts that are down or that an administrator disabled (Nova: ComputeFilter). */
export const compute: Filter = {
  name: "ComputeFilter",
  isResource: false,
  admits: (host) =>
    host.isDisabled
      ? `disabled${host.disabledReason === null ? "" : `: ${host.disabledReason}`}`
      : host.isUp || "its compute service is down"
}
