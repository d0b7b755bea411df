/** What attached hosts cost a runner while nothing happens: the difference between few and many of them. */
import type { Bench } from "../Bench.ts"
import { startCluster } from "../cluster/cluster.ts"
import { clusterCpu } from "../cluster/measure.ts"
import { wallClock } from "../load.ts"
import { median } from "../statistics.ts"

const measure = async (bench: Bench, hosts: number) => {
  const cluster = await startCluster(bench.clouds)
  const runner = await cluster.startRunner()
  bench.progress.say(`${hosts} hosts attached to one runner`)
  const agent = await cluster.startAgent(hosts)
  await wallClock.sleep(bench.scale.idleMillis)
  const samples: Array<{ runners: number; agents: number }> = []
  for (let round = 0; round < bench.scale.rounds; round++) {
    const used = await clusterCpu(cluster, [agent], () => wallClock.sleep(bench.scale.idleMillis))
    const seconds = bench.scale.idleMillis / 1000
    samples.push({ runners: used.runners / seconds, agents: used.agents / seconds })
  }
  bench.record("idleCpu", `1 runner, ${hosts} hosts`, samples.map(({ runners }) => runners))
  const mb = runner.residentMb()
  await agent.stop("SIGTERM")
  await cluster.stop()
  return { hosts, mb, runners: samples.map(({ runners }) => runners), agents: samples.map(({ agents }) => agents) }
}

export const clusterAgents = {
  meaning: "attached hosts while nothing happens: CPU and memory of their runner",
  run: async (bench: Bench) => {
    const [few, many] = [await measure(bench, bench.scale.clusterAgents[0]!), await measure(bench, bench.scale.clusterAgents[1]!)]
    const more = many.hosts - few.hosts
    const each = (of: (measured: typeof few) => ReadonlyArray<number>) => of(many).map((value) => (value - median(of(few))) / more)
    bench.record("agentRunnerCpu", `from ${few.hosts} to ${many.hosts}`, each(({ runners }) => runners))
    bench.record("agentAgentCpu", `from ${few.hosts} to ${many.hosts}`, each(({ agents }) => agents))
    bench.record("agentMemory", `from ${few.hosts} to ${many.hosts}`, [(many.mb - few.mb) * 1000 / more])
  }
}
