/** What `kilonova cluster status` finds out: from the store, from each runner's `GET /status`, from Redis itself. */
import { Console, Effect, Option, Schema, Stream } from "effect"
import { agentCredentials } from "../../actors/host/AgentCredential.ts"
import type { AgentCredential } from "../../actors/host/AgentCredential.ts"
import { agentStates } from "../../actors/host/AgentState.ts"
import type { AgentState } from "../../actors/host/AgentState.ts"
import type { Instance } from "../../actors/instance/Instance.ts"
import { readAbout } from "../cluster/about.ts"
import { shardNames } from "../cluster/ClusterOwnership.ts"
import { Store } from "../kernel/Store.ts"
import type { StoreHead, StoreRunner } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import type { RedisFacts } from "../redis/facts.ts"
import { redisFacts } from "../redis/facts.ts"
import { withStore } from "./clusterClient.ts"
import { statusText } from "./clusterStatusText.ts"
import type { ClusterSettings } from "./options.ts"
import { redisOptions } from "./redis.ts"
import { cannotStart, type StartError } from "./StartError.ts"
import { pendingOf, RunnerStatus } from "./status.ts"

export interface RunnerRow {
  readonly address: string
  readonly apiUrl: string | null
  readonly controlUrl: string | null
  readonly release: string
  readonly format: number
  readonly epoch: number
  readonly isDrained: boolean
  readonly leaseLeftMillis: number
  readonly shards: number
  /** Positions of the feed that it has not heard; `null`: it did not answer. */
  readonly lag: number | null
  readonly residentEntities: number | null
}

/** `isUp: null`: its agent was never attached. `runner`: who drives it, or wrote that it is down. */
export interface HostRow {
  readonly hostname: string
  readonly isUp: boolean | null
  readonly runner: string | null
  readonly since: string | null
}

export interface ClusterStatus {
  readonly cloudId: string
  readonly timeline: number
  readonly position: number
  readonly oldest: number
  readonly redis: RedisFacts
  readonly runners: ReadonlyArray<RunnerRow>
  readonly shards: { readonly total: number; readonly unowned: number }
  readonly hosts: ReadonlyArray<HostRow>
  readonly pending: RunnerStatus["pending"]
  /** What is wrong, a sentence each; none: all is well. */
  readonly problems: ReadonlyArray<string>
}

const decode = Schema.decodeUnknownOption(RunnerStatus)

/** `null`: it cannot be reached from here, or says what this release cannot read. */
const ask = (url: string): Effect.Effect<RunnerStatus | null> =>
  Effect.tryPromise((signal) => fetch(`${url}/status`, { signal }).then((reply) => reply.json())).pipe(
    Effect.timeout(Limits.statusAskMillisMax),
    Effect.map((said) => Option.getOrNull(decode(said))),
    Effect.orElseSucceed(() => null)
  )

const rowOf = (head: StoreHead, member: StoreRunner, holders: ReadonlyArray<string | null>) =>
  Effect.gen(function*() {
    const { apiUrl, controlUrl, format, release } = readAbout(member.about)
    const url = controlUrl ?? apiUrl
    const told = url === null ? null : yield* ask(url)
    const row: RunnerRow = {
      address: member.address,
      apiUrl, controlUrl, format, release,
      epoch: member.epoch,
      isDrained: !member.isHealthy,
      leaseLeftMillis: Math.max(0, member.leaseUntilMillis - head.atMillis),
      shards: holders.filter((holder) => holder === member.address).length,
      lag: told?.applied == null || told.stored === null ? null : Math.max(0, told.stored - told.applied),
      residentEntities: told?.residentEntities ?? null
    }
    return { row, told }
  })

/** Records are kept as `{ order, record }`; see the projection of records. */
const recordsOf = <A>(store: Store["Service"], table: { readonly type: string }) =>
  Stream.runCollect(Stream.map(store.scan(table.type), ({ state }) => (JSON.parse(state) as { readonly record: A }).record))

/** Hosts are known by their credentials; those whose credential was ended are nobody's loss. */
const hostsOf = (store: Store["Service"]) =>
  Effect.gen(function*() {
    const credentials = yield* recordsOf<AgentCredential>(store, agentCredentials)
    const states = new Map((yield* recordsOf<AgentState>(store, agentStates)).map((state) => [state.hostname, state]))
    return credentials.filter(({ revokedAt }) => revokedAt === null).map(({ hostname }): HostRow => {
      const state = states.get(hostname)
      return { hostname, isUp: state?.isUp ?? null, runner: state?.runner.replace(/^runner\//, "") ?? null, since: state?.since ?? null }
    }).toSorted((a, b) => a.hostname < b.hostname ? -1 : 1)
  })

/** Any runner knows all servers; without one, they are read here. */
const pendingIn = (store: Store["Service"], atMillis: number) =>
  store.scan("Instance").pipe(
    Stream.filter(({ pending }) => pending),
    Stream.map(({ state }) => JSON.parse(state) as Instance),
    Stream.runCollect,
    Effect.map((instances) => pendingOf(instances, atMillis))
  )

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

const problemsOf = (status: Omit<ClusterStatus, "problems">): ReadonlyArray<string> => {
  const { hosts, redis, runners, shards } = status
  const down = hosts.filter(({ isUp }) => isUp !== true)
  const silent = runners.filter(({ lag }) => lag === null)
  return [
    ...(runners.length === 0 ? ["no runner is a member: start one (kilonova runner)"] : []),
    ...(shards.unowned > 0 ? [`${shards.unowned} of ${shards.total} shards are held by no runner: requests for their servers wait`] : []),
    ...(silent.length > 0 ? [`${silent.map(({ address }) => address).join(", ")}: no answer to GET /status at the control URL`] : []),
    ...(down.length > 0 ? [`${many(down.length, "host")} down`] : []),
    ...(redis.appendonly === false ? ["Redis does not write to its disk: appendonly is no"] : []),
    ...(redis.maxmemoryPolicy !== null && redis.maxmemoryPolicy !== "noeviction"
      ? [`Redis deletes what it has when its memory is full: maxmemory-policy is ${redis.maxmemoryPolicy}`]
      : [])
  ]
}

const gather = (redis: RedisFacts) =>
  Effect.gen(function*() {
    const store = yield* Store
    const members = yield* store.runners
    const holders = yield* store.holders(shardNames)
    const head = yield* store.head
    const asked = yield* Effect.forEach(members, (member) => rowOf(head, member, holders), { concurrency: "unbounded" })
    const known = asked.find(({ told }) => told !== null)?.told
    const { cloudId, oldest, position, timeline } = head
    const found = {
      cloudId, timeline, position, oldest, redis,
      runners: asked.map(({ row }) => row),
      shards: { total: shardNames.length, unowned: holders.filter((holder) => holder === null).length },
      hosts: yield* hostsOf(store),
      pending: known?.pending ?? (yield* pendingIn(store, head.atMillis))
    }
    return { ...found, problems: problemsOf(found) } satisfies ClusterStatus
  })

/** Prints what there is; fails with what is wrong, so that a script sees it by the exit code. */
export const clusterStatus = (settings: ClusterSettings, isJson: boolean): Effect.Effect<void, StartError> =>
  withStore(settings, Effect.gen(function*() {
    const status = yield* Effect.flatMap(redisFacts(redisOptions(settings)), gather)
    yield* Console.log(isJson ? JSON.stringify(status, null, 2) : statusText(status))
    if (status.problems.length > 0) yield* cannotStart(status.problems.join("\n"))
  }))
