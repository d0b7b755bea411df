/** From kill -9 of a runner to an answer from what it owned. */
import { shardNames, shardOf } from "../../src/runtime/cluster/ClusterOwnership.ts"
import { wallClock } from "../load.ts"
import { serverPath } from "../project.ts"
import type { Cluster, Runner } from "./cluster.ts"
import { withStore } from "./parts.ts"

const balanceMillisMax = 60_000
const pollMillis = 200

const holders = ({ redis }: Cluster): Promise<ReadonlyArray<string | null>> => withStore(redis.url, (store) => store.holders(shardNames))

/** Until every runner holds about its part of the shards. */
export const balanced = async (cluster: Cluster): Promise<void> => {
  const deadline = performance.now() + balanceMillisMax
  const part = shardNames.length / cluster.runners().length
  for (;;) {
    const found = await holders(cluster)
    const counts = cluster.runners().map(({ address }) => found.filter((holder) => holder === address).length)
    if (!found.includes(null) && counts.every((count) => count > part * 0.5)) return
    if (performance.now() > deadline) throw new Error(`shards are not spread: ${counts.join(", ")} of ${shardNames.length}`)
    await wallClock.sleep(pollMillis)
  }
}

export interface TakeOver {
  readonly firstSeconds: number
  readonly allSeconds: number
  readonly shards: number
}

/**
 * One server of each of the runner's shards, as far as there is one, gets a new name from the runners that are left. The requests
 * go out together the moment it is killed; each is answered when somebody else owns the server.
 */
export const takeOver = async (cluster: Cluster, victim: Runner, serverIds: Iterable<string>): Promise<TakeOver> => {
  const found = await holders(cluster)
  const itsShards = new Set(shardNames.filter((_, index) => found[index] === victim.address))
  const chosen = new Map<string, string>()
  for (const id of serverIds) if (itsShards.has(shardOf(id))) chosen.set(shardOf(id), id)
  if (chosen.size === 0) throw new Error(`${victim.address} owns no server`)
  const killedAt = performance.now()
  await victim.stop("SIGKILL")
  const times = await Promise.all([...chosen.values()].map(async (id, index) => {
    for (;;) {
      const { body, status } = await cluster.client.send("PUT", serverPath(id), { server: { name: `renamed-${index}` } })
      if (status === 200) return (performance.now() - killedAt) / 1000
      if (status !== 503 && status !== 500) throw new Error(`PUT ${id}: ${status} ${body.slice(0, 300)}`)
    }
  }))
  return { firstSeconds: Math.min(...times), allSeconds: Math.max(...times), shards: itsShards.size }
}
