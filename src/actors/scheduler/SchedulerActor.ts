import { Clock, Effect, Result } from "effect"
import { Entity } from "effect/cluster"
import { Fleet } from "../../drivers/Driver.ts"
import { caughtUp } from "../../runtime/kernel/ask.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../runtime/kernel/Journal.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { supervision } from "../../runtime/kernel/supervision.ts"
import { Limits } from "../../runtime/Limits.ts"
import { defaultRatios, hosts } from "../host/Host.ts"
import type { Instance } from "../instance/Instance.ts"
import { diskGbOf } from "../instance/Instance.ts"
import { refuse } from "../shared/Refusal.ts"
import type { HostState } from "./Filter.ts"
import { Holds } from "./Holds.ts"
import { HostTable } from "./HostTable.ts"
import { hostState, requestSpec } from "./hostState.ts"
import { filters, weighers } from "./registry.ts"
import { SchedulerEntity } from "./SchedulerProtocol.ts"
import { detailsOf, select, summaryOf } from "./select.ts"

/** Gathers the hosts' states, asks the pure `select`, and holds what it picked until the server is seen on its host. */
export const layer = SchedulerEntity.toLayer(
  Effect.gen(function*() {
    const index = yield* InstanceIndex
    const records = yield* Records
    const fleet = yield* Fleet
    const ownership = yield* Ownership
    const shard = ownership.shardOf("Scheduler", (yield* Entity.CurrentAddress).entityId)
    const table = new HostTable()
    const mark = (hostname: string) => table.mark(hostname)
    const holds = new Holds(mark)
    yield* records.watch([hosts], (_, hostname) => mark(hostname))
    yield* index.watchHosts(mark)
    // Where earlier owners placed servers counts before the first pick; what they picked and nobody used is void.
    yield* caughtUp(yield* Journal)
    for (const host of records.all(hosts)) mark(host.hostname)

    const stateOf = (hostname: string): HostState | undefined => {
      const host = records.get(hosts, hostname)
      return host && hostState(
        host, () => fleet.isUp(hostname), index.usageOfHost(hostname), holds.of(hostname), defaultRatios
      )
    }

    const groupHosts = (instance: Instance): ReadonlyMap<string, number> => {
      const counts = new Map<string, number>()
      const groupId = instance.wish.serverGroupId
      if (groupId === null) return counts
      const count = (host: string) => counts.set(host, (counts.get(host) ?? 0) + 1)
      for (const member of index.inGroup(groupId)) {
        if (member.id !== instance.id && member.host !== null) count(member.host)
      }
      holds.hostsOfGroup(groupId).forEach(count)
      return counts
    }

    return SchedulerEntity.of({
      Select: Effect.fnUntraced(function*({ payload: { instance } }) {
        const nowMillis = yield* Clock.currentTimeMillis
        const promise = { shard, epoch: ownership.epochOf(shard) }
        holds.settle(nowMillis, (id) => {
          const known = index.get(id)
          return known !== undefined && (known.host !== null || known.work?.step !== "schedule")
        })
        const picked = select({ filters, weighers }, table.states(stateOf), requestSpec(instance, groupHosts(instance)))
        if (Result.isFailure(picked)) {
          const message = `No valid host was found. ${summaryOf(picked.failure)}.`
          return yield* Effect.fail(refuse("conflict", message, detailsOf(picked.failure)))
        }
        const { hostname, availabilityZone } = picked.success
        holds.add({
          instanceId: instance.id,
          host: hostname,
          groupId: instance.wish.serverGroupId,
          vcpus: instance.flavor.vcpus,
          ramMb: instance.flavor.ramMb,
          diskGb: diskGbOf(instance.flavor),
          expiresAtMillis: nowMillis + Limits.placementHoldMillis
        })
        return { host: hostname, availabilityZone, promise }
      })
    })
  }),
  { ...supervision, maxIdleTime: Limits.schedulerIdleMillis, mailboxCapacity: Limits.schedulerMailboxMax }
)
