import { always, type ClassFilter } from "../Filter.ts"

/** Hosts that report every metric that is weighed (Nova: MetricsFilter). */
export const metrics = (names: ReadonlyArray<string>): ClassFilter => ({
  name: "MetricsFilter",
  isResource: false,
  key: always,
  admits: (host) => names.every((name) => host.metrics.has(name)),
  why: (host) => ({ reason: `does not report the metric ${names.find((name) => !host.metrics.has(name))}` })
})
