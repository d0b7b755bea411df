/** The status of a cluster for a person at a terminal. Pure. */
import type { ClusterStatus, HostRow } from "./clusterStatus.ts"
import { table } from "./textTable.ts"

const shownHostsMax = 20

const mebibytes = (bytes: number | null): string => bytes === null ? "unknown" : `${(bytes / 1024 ** 2).toFixed(1)} MiB`
const told = (value: string | number | null): string => value === null ? "unknown" : String(value)
const onOff = (value: boolean | null): string => value === null ? "unknown" : value ? "yes" : "no"

const header = ({ cloudId, oldest, position, redis, timeline }: ClusterStatus): ReadonlyArray<string> => {
  const limit = redis.maxmemoryBytes === 0 ? "no limit" : `of ${mebibytes(redis.maxmemoryBytes)}`
  return table([
    ["Cloud", `${cloudId}, timeline ${timeline}`],
    ["Feed", `position ${position}, kept from ${oldest}`],
    ["Redis", `${told(redis.version)}, appendonly ${onOff(redis.appendonly)}, appendfsync ${told(redis.appendfsync)}, ` +
      `maxmemory-policy ${told(redis.maxmemoryPolicy)}`],
    ["", `memory ${mebibytes(redis.usedMemoryBytes)} (${limit}), replicas ${told(redis.replicas)}`]
  ])
}

const runnersOf = ({ runners, shards }: ClusterStatus): ReadonlyArray<string> => [
  `Runners: ${runners.length}; shards: ${shards.total}, held by none: ${shards.unowned}`,
  ...(runners.length === 0 ? [] : table([
    ["ADDRESS", "STATE", "API", "CONTROL", "RELEASE", "FORMAT", "EPOCH", "LEASE", "SHARDS", "LAG", "ENTITIES"],
    ...runners.map((runner) => [
      runner.address, runner.isDrained ? "drained" : "serving", runner.apiUrl ?? "-", runner.controlUrl ?? "-", runner.release,
      String(runner.format), String(runner.epoch), `${(runner.leaseLeftMillis / 1000).toFixed(1)} s`, String(runner.shards),
      runner.lag === null ? "?" : String(runner.lag), runner.residentEntities === null ? "?" : String(runner.residentEntities)
    ])
  ]).map((line) => `  ${line}`))
]

const stateOf = ({ isUp }: HostRow): string => isUp === null ? "never attached" : isUp ? "up" : "down"

const countsBy = <A>(rows: ReadonlyArray<A>, keyOf: (row: A) => string): ReadonlyArray<readonly [string, number]> => {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1)
  return [...counts].toSorted(([a], [b]) => a < b ? -1 : 1)
}

const hostsOf = ({ hosts }: ClusterStatus): ReadonlyArray<string> => {
  const up = hosts.filter(({ isUp }) => isUp === true)
  const down = hosts.filter(({ isUp }) => isUp !== true)
  const isFew = hosts.length <= shownHostsMax
  const grouped = isFew ? [] : countsBy(up, ({ runner }) => runner ?? "-").map(([runner, count]) => [`${count} up`, `at ${runner}`])
  const named = isFew ? hosts : down
  const rows = named.map((host) => [host.hostname, stateOf(host), host.runner ?? "-", host.since ?? "-"])
  return [
    `Hosts: ${hosts.length}; up: ${up.length}, not up: ${down.length}`,
    ...table(grouped).map((line) => `  ${line}`),
    ...(rows.length === 0 ? [] : table([["HOST", "STATE", "RUNNER", "SINCE"], ...rows]).map((line) => `  ${line}`))
  ]
}

const pendingOf = ({ pending }: ClusterStatus): ReadonlyArray<string> =>
  pending.length === 0 ? ["Pending work: none"] : [
    "Pending work:",
    ...table([["STEP", "SERVERS", "OLDEST"], ...pending.map(({ count, oldestSeconds, step }) => [step, String(count), `${oldestSeconds} s`])])
      .map((line) => `  ${line}`)
  ]

export const statusText = (status: ClusterStatus): string =>
  [header(status), runnersOf(status), hostsOf(status), pendingOf(status)].map((lines) => lines.join("\n")).join("\n\n")
