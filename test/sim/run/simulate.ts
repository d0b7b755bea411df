import { sealed } from "../kernel/sealed.ts"
import type { Escape } from "../kernel/sealed.ts"
import { World } from "../kernel/World.ts"
import { endCheck } from "../check/endCheck.ts"
import { FeedCheck } from "../check/FeedCheck.ts"
import type { Broken } from "../check/FeedCheck.ts"
import { Cluster } from "../world/Cluster.ts"
import { quicken } from "../world/pace.ts"
import type { Durability } from "../store/StoreServer.ts"
import { Clients } from "./Clients.ts"
import type { FaultName } from "./faults.ts"
import { unleash, usual } from "./faults.ts"
import { workloads } from "./workloads.ts"
import type { WorkloadName } from "./workloads.ts"

export interface Plan {
  readonly seed: number
  /** Of requests and faults, simulated; healing comes after them. */
  readonly minutes: number
  /** Absent: the seed decides; `most`: all that a store of class `always` is safe from. */
  readonly workload?: WorkloadName | undefined
  readonly faults?: ReadonlyArray<FaultName> | "most" | undefined
  readonly durability?: Durability | undefined
}

export interface Outcome {
  readonly plan: Plan
  readonly workload: WorkloadName
  readonly faults: ReadonlyArray<FaultName>
  readonly policy: string
  readonly broken: ReadonlyArray<Broken>
  readonly escapes: ReadonlyArray<Escape>
  readonly hash: string
  readonly schedule: string
  readonly simulatedMillis: number
  readonly steps: number
  readonly commits: number
  readonly launched: number
  readonly asked: number
  readonly acknowledged: number
  readonly refused: ReadonlyMap<string, number>
  readonly cluster: Cluster
  readonly feed: FeedCheck
}

/** What a crash of the store may take back, in the classes that lose anything. */
const lossMillisMax = 2_000

/** Past the longest task, two comparisons with the hypervisors, and what they take. */
const healMillis = 120_000 + 2 * 30_000 + 30_000

/** Chooses which faults a seed has: few at a time are understood more easily, all of them find more. */
const faultsOf = (world: World): ReadonlyArray<FaultName> => {
  const prng = world.prng("which faults")
  const share = prng.pick([0, 0.2, 0.5, 1])
  return usual.filter(() => prng.chance(share))
}

/** One whole history, from an empty store to its end. Stops early when an invariant breaks. */
export const simulate = (plan: Plan): Outcome => {
  quicken()
  const world = new World(plan.seed)
  const prng = world.prng("plan")
  const workload = plan.workload ?? prng.pick(Object.keys(workloads) as Array<WorkloadName>)
  const faults = plan.faults === "most" ? usual : plan.faults ?? faultsOf(world)
  const { escapes, value } = sealed(world, () => {
    const cluster = new Cluster(world, { runners: 3, hosts: 4, durability: plan.durability ?? "always" })
    const feed = new FeedCheck(workloads[workload].quota, !faults.includes("hostHangs"), () => world.elapsedMillis)
    cluster.store.onCommit = (commit, answer, writer) => feed.onCommit(commit, answer, writer)
    cluster.store.onEntries = (entries) => feed.onEntries(entries)
    for (const name of cluster.names) cluster.start(name)
    const clients = new Clients(cluster, workloads[workload])
    cluster.store.onRollback = (position) => {
      feed.rollback(cluster.store.memory.read(0, position))
      // What a replica had to have was answered for good; others may only have seen what it had not.
      clients.forgive(plan.durability === "replica" ? 0 : lossMillisMax)
    }
    clients.start()
    const brokenSoFar = () => [...feed.broken, ...clients.broken, ...cluster.hypervisors.flatMap((host) => host.broken)]
    const isBroken = () => feed.broken.length + clients.broken.length > 0 || cluster.hypervisors.some((host) => host.broken.length > 0)
    world.run(world.nowMillis + 5_000, isBroken)
    const calmDown = unleash(cluster, faults)
    world.run(world.nowMillis + plan.minutes * 60_000, isBroken)
    clients.isOver = true
    calmDown()
    for (const name of cluster.names) cluster.start(name)
    world.run(world.nowMillis + healMillis, isBroken)
    return { cluster, feed, clients, broken: isBroken() ? brokenSoFar() : endCheck(cluster, clients, feed.hasRolledBack) }
  })
  const { broken, clients, cluster, feed } = value
  return {
    plan, workload, faults, policy: world.policy, broken, escapes, hash: world.trace.hash, schedule: world.trace.schedule,
    simulatedMillis: world.elapsedMillis, steps: world.trace.steps, commits: feed.commits, launched: feed.launched, asked: clients.asked,
    acknowledged: clients.acknowledged.length, refused: clients.refused, cluster, feed
  }
}
