/** The clouds that a cluster is compared with: one process with SQLite, and one, two and three runners on one Redis. */
import type { Bench } from "../Bench.ts"
import { openProject } from "../project.ts"
import type { Project } from "../project.ts"
import { startCluster } from "./cluster.ts"
import type { Cluster } from "./cluster.ts"
import { clusterCpu } from "./measure.ts"
import type { ClusterCpu } from "./measure.ts"

const runnerCounts = [1, 2, 3]

/** One of the clouds that are compared. Each round goes through all of them, so that all have the machine's same weather. */
export interface Subject {
  readonly condition: string
  readonly project: Project
  readonly cpu: (run: () => Promise<unknown>) => Promise<ClusterCpu>
  readonly cluster: Cluster | null
}

const alone = async (bench: Bench): Promise<Subject> => {
  const cloud = await bench.clouds.start({ hosts: bench.scale.fleet })
  await cloud.ready
  const cpu: Subject["cpu"] = async (run) => {
    const before = cloud.cpu().all
    await run()
    return { runners: cloud.cpu().all - before, redis: 0, agents: 0 }
  }
  return { condition: "one process, SQLite", project: await openProject(cloud.client), cpu, cluster: null }
}

const several = async (bench: Bench, count: number): Promise<Subject> => {
  const cluster = await startCluster(bench.clouds)
  for (let index = 0; index < count; index++) await cluster.startRunner()
  const agent = await cluster.startAgent(bench.scale.fleet)
  return {
    condition: `${count} runner${count === 1 ? "" : "s"}`,
    project: await openProject(cluster.client),
    cpu: (run) => clusterCpu(cluster, [agent], run),
    cluster
  }
}

/** For each subject a sample of each round, after one round that is thrown away. */
export const side = async <A>(
  bench: Bench,
  subjects: ReadonlyArray<Subject>,
  what: string,
  round: (subject: Subject) => Promise<A>,
  record: (condition: string, samples: ReadonlyArray<A>) => void
): Promise<void> => {
  bench.progress.say(what)
  const samples = subjects.map((): Array<A> => [])
  for (let index = 0; index <= bench.scale.rounds; index++) {
    for (const [at, subject] of subjects.entries()) {
      const sample = await round(subject)
      if (index > 0) samples[at]!.push(sample)
    }
    bench.progress.at(what, index, bench.scale.rounds)
  }
  for (const [at, { condition }] of subjects.entries()) record(condition, samples[at]!)
}

export const startSubjects = async (bench: Bench): Promise<ReadonlyArray<Subject>> => {
  const subjects = [await alone(bench)]
  for (const count of runnerCounts) subjects.push(await several(bench, count))
  return subjects
}
