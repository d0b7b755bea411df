/** Everything that is measured, with the budget it must meet and what Nova 26.2 needs for the same. */

export interface Figure {
  readonly name: string
  readonly unit: "ms" | "/s" | "MB" | "s" | "%" | "µs" | "ms/s" | "KB" | "bytes" | ""
  readonly budget?: { readonly atMost: number } | { readonly atLeast: number }
  /** Debian's Nova with its fake driver, as measured for the design; by condition where that changes it. */
  readonly nova?: number | { readonly [condition: string]: number }
}

export const figures = {
  bootCpu: { name: "CPU per boot, POST to ACTIVE", unit: "ms", budget: { atMost: 1 }, nova: { "8 hosts": 989, "1000 hosts": 4835 } },
  bootMainCpu: { name: "  of it on the main thread", unit: "ms" },
  bootJournalCpu: { name: "  of it on the journal's thread", unit: "ms" },
  bootRestCpu: { name: "  of it in V8 (garbage, compiling) and libuv threads", unit: "ms" },
  bootRate: { name: "boots to ACTIVE", unit: "/s", budget: { atLeast: 1000 }, nova: { "8 hosts": 1.9, "1000 hosts": 0.4 } },
  postP50: { name: "POST /servers, p50", unit: "ms" },
  postP95: { name: "POST /servers, p95", unit: "ms" },
  postP99: { name: "POST /servers, p99", unit: "ms", budget: { atMost: 20 }, nova: { "500/s": 3100 } },
  getCpu: { name: "GET one server, CPU", unit: "ms", budget: { atMost: 0.1 }, nova: 95 },
  getRate: { name: "GET one server, as many as it can", unit: "/s" },
  getP50: { name: "GET one server, p50", unit: "ms", nova: 94 },
  getP99: { name: "GET one server, p99", unit: "ms" },
  listMillis: { name: "list of 1000 with details", unit: "ms", budget: { atMost: 10 }, nova: { "newest, 1000 stored": 2774 } },
  listCpu: { name: "  its CPU", unit: "ms" },
  stopCpu: { name: "stop, CPU", unit: "ms", budget: { atMost: 0.6 }, nova: 195 },
  startCpu: { name: "start, CPU", unit: "ms", budget: { atMost: 0.6 }, nova: 195 },
  deleteCpu: { name: "delete, CPU", unit: "ms" },
  healthy: { name: "start to first 200 of /healthz", unit: "s", budget: { atMost: 1 } },
  firstActive: { name: "start to first ACTIVE server", unit: "s", budget: { atMost: 1 }, nova: { "1000 hosts": 60.7 } },
  idleMemory: { name: "resident memory, idle", unit: "MB", budget: { atMost: 120 }, nova: 3700 },
  filledMemory: { name: "memory per 100k stored, grown by boots", unit: "MB" },
  restartedMemory: { name: "memory per 100k stored, after a restart", unit: "MB" },
  disk: { name: "journal on disk per 100k boots", unit: "MB" },
  restartHealthy: { name: "kill -9, start again: to /healthz", unit: "s", budget: { atMost: 4 } },
  restartListed: { name: "kill -9, start again: to the first list", unit: "s", budget: { atMost: 4 } },
  commitCallerCpu: { name: "journal commit, CPU on the caller's thread", unit: "µs" },
  commitWorkerCpu: { name: "journal commit, CPU on other threads", unit: "µs" },
  clusterBootCpu: { name: "CPU per boot, runners in sum", unit: "ms" },
  clusterBootRedisCpu: { name: "  beside it, Redis", unit: "ms" },
  clusterBootAgentCpu: { name: "  beside it, the agent of all hosts", unit: "ms" },
  clusterBootCommits: { name: "  commits per boot", unit: "" },
  clusterBatchSize: { name: "  commits that travelled together, mean", unit: "" },
  clusterBootIn: { name: "  to Redis per boot", unit: "KB" },
  clusterBootOut: { name: "  from Redis per boot, all runners", unit: "KB" },
  getRedisCpu: { name: "  beside it, Redis", unit: "ms" },
  idleCpu: { name: "idle, runners in sum", unit: "ms/s" },
  idleRedisCpu: { name: "  beside it, Redis", unit: "ms/s" },
  askCpu: { name: "ask of an actor, CPU of who asks", unit: "µs" },
  askOtherCpu: { name: "  beside it, the other runner", unit: "µs" },
  askMicros: { name: "  its time", unit: "µs" },
  redisCommitCpu: { name: "commit, CPU of the runner", unit: "µs" },
  redisCommitRedisCpu: { name: "  beside it, Redis", unit: "µs" },
  redisCommitRate: { name: "  commits", unit: "/s" },
  barrierCpu: { name: "read barrier, CPU of the runner", unit: "µs" },
  barrierRedisCpu: { name: "  beside it, Redis", unit: "µs" },
  barrierMicros: { name: "  its time", unit: "µs" },
  followCpu: { name: "feed entry of another runner, CPU of who reads it", unit: "µs" },
  agentRunnerCpu: { name: "attached host, idle: CPU of its runner", unit: "ms/s" },
  agentAgentCpu: { name: "  beside it, its agent's process", unit: "ms/s" },
  agentMemory: { name: "  memory of its runner", unit: "KB" },
  failoverFirst: { name: "kill -9 of a runner to the first change it owned", unit: "s", budget: { atMost: 4 } },
  failoverAll: { name: "  to a change in each of its shards", unit: "s" },
  failoverShards: { name: "  shards it had", unit: "" },
  redisPerServer: { name: "Redis memory per stored server", unit: "bytes" },
  redisPerHost: { name: "Redis memory per host", unit: "bytes" },
  redisFeed: { name: "Redis memory of the feed", unit: "MB" },
  runnerStart: { name: "start of a runner to /healthz", unit: "s", budget: { atMost: 4 } },
  runnerMemory: { name: "resident memory of a runner", unit: "MB" },
  placementRate: { name: "placements: pick, claim, and a release for each", unit: "/s", budget: { atLeast: 1500 } },
  placementCpu: { name: "  CPU of each", unit: "µs", budget: { atMost: 660 } },
  placementP50: { name: "  pick and claim, p50", unit: "µs" },
  placementP99: { name: "  pick and claim, p99", unit: "ms", budget: { atMost: 2 } },
  placementFirst: { name: "  the first requests of a kind, each kind", unit: "ms" },
  placementRefusal: { name: "  a refusal with its proof, hosts having changed, CPU", unit: "ms" },
  placementFill: { name: "  a host that comes, CPU", unit: "µs" },
  placementBytes: { name: "  memory of the table for a host, with the kinds of the mix", unit: "bytes" },
  candidates: { name: "allocation candidates: eight groups apart over eight nested providers, limit 1,000", unit: "ms", budget: { atMost: 5 } },
  dryRunPlacementP50: { name: "a place while somebody asks, p50", unit: "ms" },
  dryRunPlacementP99: { name: "a place while somebody asks, p99", unit: "ms" },
  dryRunMillis: { name: "the question itself", unit: "ms" },
  ownShare: { name: "(load generator: share of a core)", unit: "%" },
  sentLate: { name: "(load generator: latest request sent late by)", unit: "ms" }
} as const satisfies Record<string, Figure>

export type FigureName = keyof typeof figures

/** One figure under one condition: a sample per round. */
export interface Measured {
  readonly figure: FigureName
  readonly condition: string
  readonly samples: ReadonlyArray<number>
}

export const isMet = (budget: NonNullable<Figure["budget"]>, value: number): boolean =>
  "atMost" in budget ? value <= budget.atMost : value >= budget.atLeast

export const novaOf = (figure: Figure, condition: string): number | undefined =>
  typeof figure.nova === "number" ? figure.nova : figure.nova?.[condition]
