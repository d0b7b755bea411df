import { always, type ClassFilter } from "../Filter.ts"

/** Refuses hosts that are down or that an administrator disabled (Nova: ComputeFilter). */
export const compute: ClassFilter = {
  name: "ComputeFilter",
  isResource: false,
  key: always,
  admits: (host) => host.isUp && !host.isDisabled,
  why: (host) => ({
    reason: host.isDisabled
      ? `disabled${host.disabledReason === null ? "" : `: ${host.disabledReason}`}`
      : "its compute service is down"
  })
}
