import { Cause, Context, Effect, Exit } from "effect"
import { flavors } from "../../../src/actors/catalog/Flavor.ts"
import { serverGroups } from "../../../src/actors/catalog/ServerGroup.ts"
import type { ServerGroup } from "../../../src/actors/catalog/ServerGroup.ts"
import { Servers } from "../../../src/actors/instance/ServersProtocol.ts"
import type { CreateServer } from "../../../src/actors/instance/ServersProtocol.ts"
import { seedNetwork } from "../../../src/actors/network/NetworkSeedService.ts"
import { quotas } from "../../../src/actors/project/quota.ts"
import type { Caller } from "../../../src/actors/shared/Caller.ts"
import { isRefusal } from "../../../src/actors/shared/Refusal.ts"
import { InstanceIndex } from "../../../src/runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../../src/runtime/kernel/Journal.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import type { Change } from "../../../src/runtime/kernel/Records.ts"
import type { Broken } from "../check/FeedCheck.ts"
import type { Prng } from "../kernel/prng.ts"
import type { Cluster } from "../world/Cluster.ts"
import type { Runner } from "../world/Runner.ts"
import { sizes } from "./workloads.ts"
import type { Workload } from "./workloads.ts"

export interface Acknowledged {
  readonly atMillis: number
  readonly id: string
  readonly what: string
  readonly requestId: string
}

const anywhere = { host: null, isForced: false, copiesDisks: null, isChecked: false }

const createdAt = "2030-01-01T00:00:00.000Z"

const callerOf = (projectId: string, isAdmin = false): Caller => ({
  userId: `user of ${projectId}`, userName: "user", domainId: "default", projectId, projectName: projectId,
  roles: isAdmin ? ["admin", "member", "reader"] : ["member", "reader"], isAdmin, systemScope: false, expiresAt: "2099-01-01T00:00:00.000Z"
})

const groupsOf = (projectId: string): ReadonlyArray<ServerGroup> =>
  (["affinity", "anti-affinity"] as const).flatMap((policy) => [1, 2].map((number) => ({
    id: `${policy} ${number} of ${projectId}`, name: policy, projectId, userId: `user of ${projectId}`, policy,
    maxServerPerHost: 1, isRuleGiven: false, createdAt
  })))

/** Ask runners for servers, as API users do, and remember what they were promised. */
export class Clients {
  readonly acknowledged: Array<Acknowledged> = []
  readonly broken: Array<Broken> = []
  /** Refusals and failures, by their words. */
  readonly refused = new Map<string, number>()
  asked = 0
  isOver = false
  readonly #cluster: Cluster
  readonly #workload: Workload
  readonly #prng: Prng
  #known: Array<{ readonly id: string; readonly projectId: string }> = []

  constructor(cluster: Cluster, workload: Workload) {
    this.#cluster = cluster
    this.#workload = workload
    this.#prng = cluster.world.prng("clients")
  }

  /** The store went back: what was acknowledged a moment ago may be gone. */
  forgive(millis: number): void {
    const since = this.#cluster.world.elapsedMillis - millis
    while ((this.acknowledged.at(-1)?.atMillis ?? -1) > since) this.acknowledged.pop()
  }

  get projects(): ReadonlyArray<string> {
    return Array.from({ length: this.#workload.projects }, (_, at) => `project-${at + 1}`)
  }

  /** Flavors, quotas, groups and a network, by the first runner that is there; then the requests. */
  start(): void {
    const changes: ReadonlyArray<Change> = [
      ...sizes.map(([id, vcpus, ramMb, diskGb]) => ({
        table: flavors, expect: "any" as const,
        put: {
          id, name: id, vcpus, ramMb, diskGb, ephemeralGb: 0, swapMb: 0, rxtxFactor: 1, isPublic: true, isDisabled: false,
          description: null, extraSpecs: {}, access: [], createdAt
        }
      })),
      ...this.projects.flatMap((projectId): ReadonlyArray<Change> => [
        { table: quotas, expect: "any", put: { projectId, userId: null, limits: { ...this.#workload.quota, server_group_members: -1 } } },
        ...groupsOf(projectId).map((put): Change => ({ table: serverGroups, expect: "any", put }))
      ])
    ]
    const seed = Effect.gen(function*() {
      yield* (yield* Records).write(changes)
      yield* seedNetwork(callerOf("admin", true))
    })
    const seeded = (exit: Exit.Exit<void, unknown>) => Exit.isSuccess(exit) ? this.#next() : this.#later(() => this.start())
    const runner = this.#cluster.ready[0]
    if (runner === undefined || !runner.call(seed, seeded)) this.#later(() => this.start())
  }

  #later(run: () => void): void {
    this.#cluster.world.after(100, null, run)
  }

  #next(): void {
    if (this.isOver) return
    this.#cluster.world.after(this.#prng.exponential(this.#workload.gapMillis), null, () => {
      if (this.isOver) return
      this.#ask()
      this.#next()
    })
  }

  #ask(): void {
    const runners = this.#cluster.ready
    if (runners.length === 0) return
    const runner = this.#prng.pick(runners)
    const requestId = `req-${++this.asked}`
    const weights = { move: 0, resize: 0, confirmResize: 0, revertResize: 0, ...this.#workload.weights }
    let at = this.#prng.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0)
    const what = (Object.keys(weights) as Array<keyof typeof weights>).find((name) => (at -= weights[name]) < 0) ?? "create"
    if (what === "create" || this.#known.length === 0) {
      const projectId = this.#prng.pick(this.projects)
      const create = this.#createOf(projectId, requestId)
      runner.call(Effect.flatMap(Servers, (servers) => servers.create({ caller: callerOf(projectId), requestId }, create)), (exit) => {
        for (const { id } of this.#heard("create", requestId, exit) ?? []) {
          this.#known.push({ id, projectId })
          this.#look(runner, id, requestId)
          this.#acknowledge(id, "create", requestId)
        }
      })
      return
    }
    const { id, projectId } = this.#prng.pick(this.#known)
    const asked = { caller: callerOf(projectId), requestId }
    const flavorId = what === "resize" ? this.#prng.pick(sizes)[0] : ""
    runner.call(Effect.flatMap(Servers, (servers) =>
      what === "change" ? servers.change(asked, id, "metadata", { metadataSet: { touched: requestId } })
        : what === "resize" ? servers.coldMigrate(asked, id, { host: null, flavorId })
        : what === "move" ? servers.liveMigrate({ caller: callerOf(projectId, true), requestId }, id, anywhere)
        : servers.perform(asked, id, what)), (exit) => {
      if (this.#heard(what, requestId, exit) === undefined) return
      if (what === "delete") this.#known = this.#known.filter((known) => known.id !== id)
      this.#acknowledge(id, what, requestId)
    })
  }

  /** After a sync, every runner shows what any of them acknowledged. */
  #look(answering: Runner, id: string, requestId: string): void {
    const isShown = ({ services }: Runner) => services === undefined || Context.get(services, InstanceIndex).get(id) !== undefined
    const reader = this.#prng.pick([answering, ...this.#cluster.ready])
    reader.call(Effect.flatMap(Journal, (journal) => journal.sync), (exit) => {
      if (Exit.isFailure(exit) || isShown(reader)) return
      this.broken.push({ invariant: "reads follow writes", about: id, detail: `${requestId} was acknowledged, and ${reader.process.name} does not show it` })
    })
  }

  #createOf(projectId: string, name: string): CreateServer {
    const { countMax, grouped, networked } = this.#workload
    const at = this.#prng.next()
    const policy = at < grouped.affinity ? "affinity" : at < grouped.affinity + grouped.antiAffinity ? "anti-affinity" : null
    const maxCount = 1 + this.#prng.int(countMax)
    return {
      name, flavorId: this.#prng.pick(sizes)[0], imageId: null,
      networks: this.#prng.chance(networked) ? "auto" : "none", securityGroups: [], minCount: 1, maxCount,
      description: null, hostname: null, keyName: null, metadata: {}, tags: [], userData: null, configDrive: false, diskConfig: null,
      accessIpV4: null, accessIpV6: null, availabilityZone: null, host: null, isForced: false,
      hints: policy === null ? {} : { group: `${policy} ${1 + this.#prng.int(2)} of ${projectId}` }
    }
  }

  #acknowledge(id: string, what: string, requestId: string): void {
    this.#cluster.world.trace.mark(`${what} ${id}`)
    this.acknowledged.push({ atMillis: this.#cluster.world.elapsedMillis, id, what, requestId })
  }

  #heard<A>(what: string, requestId: string, exit: Exit.Exit<A, unknown>): A | undefined {
    if (Exit.isSuccess(exit)) return exit.value
    const error = Cause.squash(exit.cause)
    const why = `${what}: ${isRefusal(error) ? error.kind : String(error)}`
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1)
    this.#cluster.world.trace.mark(`${requestId} ${why}`)
    return undefined
  }
}
