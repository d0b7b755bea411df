/** POST at a moderate rate, GET and lists: one, two and three runners on one Redis, beside one process with SQLite. */
import type { Bench } from "../Bench.ts"
import type { Client } from "../client.ts"
import { side, startSubjects } from "../cluster/subjects.ts"
import type { Subject } from "../cluster/subjects.ts"
import { closedLoop, openLoop } from "../load.ts"
import { boot, bring, listPath, post, serverPath, settle } from "../project.ts"
import { median, percentile } from "../statistics.ts"

const readWidth = 16
const getsPerSecond = 200

const measurePosts = async (bench: Bench, subjects: ReadonlyArray<Subject>) => {
  const ratePerSecond = bench.scale.clusterRatePerSecond
  const round = async ({ project }: Subject) => {
    const ids: Array<string> = []
    const { latencies, latestMillis } = await openLoop({ ratePerSecond, count: ratePerSecond * bench.scale.rateSeconds }, async (index) => {
      ids.push(await post(project, `bench-${index}`))
    })
    await settle(project, ids.at(-1)!, "booted")
    await bring(project, ids, "deleted")
    return { latencies, latestMillis }
  }
  await side(bench, subjects, `POST /servers at ${ratePerSecond}/s, one cloud after another`, round, (condition, samples) => {
    bench.record("postP50", `${ratePerSecond}/s, ${condition}`, samples.map(({ latencies }) => percentile(latencies, 50)))
    bench.record("postP99", `${ratePerSecond}/s, ${condition}`, samples.map(({ latencies }) => percentile(latencies, 99)))
    bench.record("sentLate", `POST, ${ratePerSecond}/s, ${condition}`, samples.map(({ latestMillis }) => latestMillis))
  })
}

/** On one runner alone, as a client does that keeps its connection. */
const clientOf = ({ cluster, project }: Subject): Client => {
  const client = cluster?.runners()[0]?.client ?? project.client
  client.useToken(project.token)
  return client
}

const measureReads = async (bench: Bench, subjects: ReadonlyArray<Subject>) => {
  const { lists, reads, width } = bench.scale
  const stored = 1000
  const ids = new Map<Subject, ReadonlyArray<string>>()
  for (const subject of subjects) ids.set(subject, (await boot(subject.project, { count: stored, width })).ids)
  const get = (subject: Subject) => async (index: number) => {
    const known = ids.get(subject)!
    await clientOf(subject).json("GET", serverPath(known[index % known.length]!))
  }
  const latency = async (subject: Subject) => {
    const { latencies } = await openLoop({ ratePerSecond: getsPerSecond, count: getsPerSecond * bench.scale.rateSeconds }, get(subject))
    return latencies
  }
  const list = async (subject: Subject) => {
    const startedAt = performance.now()
    const { status } = await clientOf(subject).send("GET", listPath("limit=1000"))
    if (status !== 200) throw new Error(`list: ${status}`)
    return performance.now() - startedAt
  }
  const round = async (subject: Subject) => {
    const startedAt = performance.now()
    const used = await subject.cpu(() => closedLoop(reads, readWidth, get(subject)))
    const rate = reads / (performance.now() - startedAt) * 1000
    const latencies = await latency(subject)
    const millis: Array<number> = []
    const listed = await subject.cpu(async () => {
      for (let index = 0; index < lists; index++) millis.push(await list(subject))
    })
    return { used, rate, latencies, millis: median(millis), listCpu: listed.runners / lists }
  }
  await side(bench, subjects, "GET and lists, one cloud after another", round, (condition, samples) => {
    bench.record("getCpu", condition, samples.map(({ used }) => used.runners / reads))
    if (!condition.endsWith("SQLite")) bench.record("getRedisCpu", condition, samples.map(({ used }) => used.redis / reads))
    bench.record("getRate", condition, samples.map(({ rate }) => rate))
    bench.record("getP50", `${getsPerSecond}/s, ${condition}`, samples.map(({ latencies }) => percentile(latencies, 50)))
    bench.record("getP99", `${getsPerSecond}/s, ${condition}`, samples.map(({ latencies }) => percentile(latencies, 99)))
    bench.record("listMillis", `newest, 1000 stored, ${condition}`, samples.map(({ millis }) => millis))
    bench.record("listCpu", `newest, 1000 stored, ${condition}`, samples.map(({ listCpu }) => listCpu))
  })
  // POST waits for lists that are empty.
  for (const subject of subjects) await bring(subject.project, ids.get(subject)!, "deleted")
}

export const clusterRequests = {
  meaning: "one, two, three runners: POST, GET and lists, beside one process",
  run: async (bench: Bench) => {
    const subjects = await startSubjects(bench)
    await measureReads(bench, subjects)
    await measurePosts(bench, subjects)
  }
}
