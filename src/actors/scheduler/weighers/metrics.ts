import type { HostWeigher } from "../Weigher.ts"

/** The value of a host that does not report all of them. */
const unavailable = -10_000

/** The host's metrics, each times its own ratio. */
export const metrics = (ratios: ReadonlyArray<readonly [metric: string, ratio: number]>): HostWeigher => ({
  reads: "host",
  name: "MetricsWeigher",
  multiplier: 1,
  metadataKey: "metrics_weight_multiplier",
  floor: null,
  weigh: (host) => {
    let sum = 0
    for (const [metric, ratio] of ratios) {
      const value = host.metrics.get(metric)
      if (value === undefined) return unavailable
      sum += value * ratio
    }
    return sum
  }
})
