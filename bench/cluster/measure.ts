/** CPU of a cluster's parts, each apart from the others. In ms. */
import type { Process } from "../process.ts"
import type { Cluster } from "./cluster.ts"

export interface ClusterCpu {
  readonly runners: number
  readonly redis: number
  readonly agents: number
}

export const clusterCpu = async (
  { redis, runners }: Pick<Cluster, "redis" | "runners">,
  agents: ReadonlyArray<Process>,
  run: () => Promise<unknown>
): Promise<ClusterCpu> => {
  const all = (processes: ReadonlyArray<Process>) => processes.reduce((total, process) => total + process.cpu().all, 0)
  const look = () => ({ runners: all(runners()), redis: redis.cpu().all, agents: all(agents) })
  const before = look()
  await run()
  const after = look()
  return { runners: after.runners - before.runners, redis: after.redis - before.redis, agents: after.agents - before.agents }
}

/** What one scrape of /metrics says that a histogram has counted. */
export const histogramOf = (page: string, name: string): { readonly sum: number; readonly count: number } => {
  const value = (suffix: string) => Number(new RegExp(`^${name}_${suffix} (\\S+)$`, "m").exec(page)?.[1] ?? 0)
  return { sum: value("sum"), count: value("count") }
}
