/** A cluster with many hosts and many stored servers: what its store and its runners need, and what they still do. */
import type { Bench } from "../Bench.ts"
import { rounds } from "../Bench.ts"
import { startCluster } from "../cluster/cluster.ts"
import type { Cluster } from "../cluster/cluster.ts"
import { filling, serverId } from "../cluster/fill.ts"
import { clusterCpu } from "../cluster/measure.ts"
import { balanced, takeOver } from "../cluster/takeover.ts"
import { closedLoop, wallClock } from "../load.ts"
import type { Process } from "../process.ts"
import { boot, listPath, openProject, serverPath } from "../project.ts"
import type { Project } from "../project.ts"
import { median } from "../statistics.ts"

const runnersCount = 3
const readWidth = 16

const conditionOf = ({ clusterHosts, clusterServers }: Bench["scale"]) => `${clusterHosts} hosts, ${clusterServers} stored`

/** One server, booted, as all others are to be; then copies of it, with nobody looking. */
const fill = async (bench: Bench, cluster: Cluster): Promise<Project> => {
  const { clusterHosts, clusterServers, fleet } = bench.scale
  const runner = await cluster.startRunner()
  const agent = await cluster.startAgent(fleet)
  const project = await openProject(cluster.client)
  await boot(project, { count: 1, width: 1 })
  await agent.stop("SIGTERM")
  await runner.stop("SIGTERM")
  const many = await filling(cluster.redis.url)
  const memory = async () => {
    const { all, feed } = await cluster.redis.memoryMb()
    return all - feed
  }
  const empty = await memory()
  bench.progress.say(`writing ${clusterHosts} hosts`)
  await many.hosts(fleet, clusterHosts)
  const hosted = await memory()
  bench.progress.say(`writing ${clusterServers} servers`)
  await many.servers(clusterServers, [fleet, clusterHosts])
  const condition = conditionOf(bench.scale)
  bench.record("redisPerHost", condition, [(hosted - empty) * 1e6 / (clusterHosts - fleet)])
  bench.record("redisPerServer", condition, [(await memory() - hosted) * 1e6 / clusterServers])
  bench.record("redisFeed", condition, [(await cluster.redis.memoryMb()).feed])
  return project
}

const starts = async (bench: Bench, cluster: Cluster): Promise<void> => {
  const seconds: Array<number> = []
  const mb: Array<number> = []
  bench.progress.say("starts of a runner")
  for (let index = 0; index < bench.scale.rounds; index++) {
    const runner = await cluster.startRunner()
    seconds.push(runner.healthyMillis / 1000)
    await wallClock.sleep(bench.scale.idleMillis)
    mb.push(runner.residentMb())
    await runner.stop("SIGTERM")
  }
  bench.record("runnerStart", conditionOf(bench.scale), seconds)
  bench.record("runnerMemory", conditionOf(bench.scale), mb)
}

const reads = async (bench: Bench, cluster: Cluster, project: Project) => {
  const { clusterServers, lists, reads: count } = bench.scale
  const { client } = cluster.runners()[0]!
  client.useToken(project.token)
  const samples = await rounds(bench, "GET and lists", async () => {
    const get = await clusterCpu(cluster, [], () =>
      closedLoop(count, readWidth, async (index) => void await client.json("GET", serverPath(serverId(index * 7919 % clusterServers)))))
    const millis: Array<number> = []
    const list = await clusterCpu(cluster, [], async () => {
      for (let index = 0; index < lists; index++) {
        const startedAt = performance.now()
        await client.json("GET", listPath("limit=1000"))
        millis.push(performance.now() - startedAt)
      }
    })
    return { get: get.runners / count, list: list.runners / lists, millis: median(millis) }
  })
  const condition = conditionOf(bench.scale)
  bench.record("getCpu", condition, samples.map(({ get }) => get))
  bench.record("listMillis", `newest, ${condition}`, samples.map(({ millis }) => millis))
  bench.record("listCpu", `newest, ${condition}`, samples.map(({ list }) => list))
}

const boots = async (bench: Bench, cluster: Cluster, agent: Process, project: Project) => {
  const { boots: count, width } = bench.scale
  const samples = await rounds(bench, `boots: ${count}`, async () => {
    let booted: Awaited<ReturnType<typeof boot>> = { ids: [], seconds: 0 }
    const before = await cluster.redis.traffic()
    const used = await clusterCpu(cluster, [agent], async () => {
      booted = await boot(project, { count, width })
    })
    const after = await cluster.redis.traffic()
    return { used, rate: count / booted.seconds, kbOut: (after.bytesOut - before.bytesOut) / 1e3 / count }
  })
  const condition = `${runnersCount} runners, ${conditionOf(bench.scale)}`
  bench.record("clusterBootCpu", condition, samples.map(({ used }) => used.runners / count))
  bench.record("clusterBootRedisCpu", condition, samples.map(({ used }) => used.redis / count))
  bench.record("bootRate", condition, samples.map(({ rate }) => rate))
  bench.record("clusterBootOut", condition, samples.map(({ kbOut }) => kbOut))
}

const idle = async (bench: Bench, cluster: Cluster) => {
  const condition = `${runnersCount} runners, ${conditionOf(bench.scale)}`
  const samples = await rounds(bench, "idle", () => clusterCpu(cluster, [], () => wallClock.sleep(bench.scale.idleMillis)))
  const seconds = bench.scale.idleMillis / 1000
  bench.record("idleCpu", condition, samples.map(({ runners }) => runners / seconds))
  bench.record("idleRedisCpu", condition, samples.map(({ redis }) => redis / seconds))
}

const failures = async (bench: Bench, cluster: Cluster) => {
  const ids = Array.from({ length: bench.scale.clusterServers }, (_, index) => serverId(index))
  const samples = []
  for (let round = 0; round < bench.scale.rounds; round++) {
    await balanced(cluster)
    bench.progress.say(`kill -9, ${round + 1} of ${bench.scale.rounds}`)
    const victim = cluster.runners()[0]!
    samples.push(await takeOver(cluster, victim, ids))
    await cluster.startRunner(victim)
  }
  const condition = `1 of ${runnersCount} runners, ${conditionOf(bench.scale)}`
  bench.record("failoverFirst", condition, samples.map(({ firstSeconds }) => firstSeconds))
  bench.record("failoverAll", condition, samples.map(({ allSeconds }) => allSeconds))
  bench.record("failoverShards", condition, samples.map(({ shards }) => shards))
}

export const clusterScale = {
  meaning: "many hosts and stored servers: start, memory, reads, boots, take-over",
  run: async (bench: Bench) => {
    const cluster = await startCluster(bench.clouds)
    const project = await fill(bench, cluster)
    await starts(bench, cluster)
    for (let index = 0; index < runnersCount; index++) await cluster.startRunner()
    const agent = await cluster.startAgent(bench.scale.fleet)
    cluster.client.useToken(project.token)
    await balanced(cluster)
    await idle(bench, cluster)
    await reads(bench, cluster, project)
    await failures(bench, cluster)
    await boots(bench, cluster, agent, project)
  }
}
