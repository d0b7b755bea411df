import { Clock, Effect, Result } from "effect"
import { Entity } from "effect/cluster"
import { caughtUp } from "../../runtime/kernel/ask.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../runtime/kernel/Journal.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { supervision } from "../../runtime/kernel/supervision.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Instance } from "../instance/Instance.ts"
import { migrationsOf } from "../instance/moveStates.ts"
import type { Fence } from "../shared/Promise.ts"
import { refuse } from "../shared/Refusal.ts"
import { ProjectEntity } from "./ProjectProtocol.ts"
import { defaultClassKey, grant, limitsInForce, quotaKey, quotas } from "./quota.ts"

interface Hold {
  readonly userId: string
  readonly cores: number
  readonly ramMb: number
  readonly serverGroupId: string | null
  readonly moveId: string | undefined
  readonly holder: Fence | null
  readonly askedAtMillis: number
}

/** What was promised counts with the server itself from now on. */
const isSeen = (server: Instance | undefined, { moveId }: Hold): boolean =>
  server !== undefined && (moveId === undefined || migrationsOf(server).some(({ id }) => id === moveId))

const groupIsFull = refuse("forbidden", "Quota exceeded, too many servers in group", "OverQuota")
const hasRoom = (limit: number, wanted: number) => limit < 0 || wanted <= limit

/**
 * Counts one project's servers. Use is what the journal's servers add up to, so it cannot go wrong by a crash; holds
 * cover the moment between the answer here and the server's own first commit, and live in memory only. That commit rests
 * on this actor's epoch: what an earlier owner promised and nobody used is void, so a new owner has nothing to wait for.
 */
export const layer = ProjectEntity.toLayer(
  Effect.gen(function*() {
    const projectId = (yield* Entity.CurrentAddress).entityId
    const index = yield* InstanceIndex
    const records = yield* Records
    const journal = yield* Journal
    const ownership = yield* Ownership
    const shard = ownership.shardOf("Project", projectId)
    const holds = new Map<string, Hold>()
    // All that was committed under earlier owners counts before the first promise.
    yield* caughtUp(journal)

    /** Whoever asked long ago may be gone, and never give back. */
    const dropOrphans = Effect.fnUntraced(function*(nowMillis: number) {
      for (const [id, { askedAtMillis, holder }] of holds) {
        if (holder === null || nowMillis - askedAtMillis < Limits.quotaHoldMillis) continue
        if ((yield* journal.epochOf(holder.shard)) !== holder.epoch) holds.delete(id)
      }
    }, (effect) => Effect.ignore(effect))

    const heldBy = (userId: string | null) => {
      const sum = { instances: 0, cores: 0, ramMb: 0 }
      for (const [id, hold] of holds) {
        if (isSeen(index.get(id), hold)) holds.delete(id)
        else if (userId === null || hold.userId === userId) {
          if (hold.moveId === undefined) sum.instances++
          sum.cores += hold.cores
          sum.ramMb += hold.ramMb
        }
      }
      return sum
    }
    /** Counted of each user by itself, as the reference does; those that are to come too. */
    const membersOf = (serverGroupId: string, userId: string): number =>
      [...index.inGroup(serverGroupId), ...[...holds.values()].filter((hold) => hold.serverGroupId === serverGroupId)]
        .filter((member) => member.userId === userId).length
    const plus = (a: { instances: number; cores: number; ramMb: number }, b: typeof a) =>
      ({ instances: a.instances + b.instances, cores: a.cores + b.cores, ramMb: a.ramMb + b.ramMb })

    return ProjectEntity.of({
      Reserve: Effect.fnUntraced(function*({ payload: { userId, ids, min, cores, moveId, ramMb, serverGroupId, holder } }) {
        const nowMillis = yield* Clock.currentTimeMillis
        const promise = { shard, epoch: ownership.epochOf(shard) }
        yield* dropOrphans(nowMillis)
        // Asked again, since the answer was lost: what was held for these servers is what is asked for now.
        for (const id of ids) holds.delete(id)
        const base = [records.get(quotas, defaultClassKey), records.get(quotas, quotaKey(projectId, null))]
        const ofUser = records.get(quotas, quotaKey(projectId, userId))
        const each = { instances: moveId === undefined ? 1 : 0, cores, ramMb }
        const project = grant(
          limitsInForce(...base), plus(index.usageOfProject(projectId), heldBy(null)), each, min, ids.length
        )
        if (Result.isFailure(project)) return yield* Effect.fail(project.failure)
        const granted = ofUser === undefined ? project : grant(
          limitsInForce(...base, ofUser),
          plus(index.usageOfUser(projectId, userId), heldBy(userId)),
          each, min, project.success
        )
        if (Result.isFailure(granted)) return yield* Effect.fail(granted.failure)
        const limits = limitsInForce(...base, ofUser)
        if (serverGroupId !== null && !hasRoom(limits.server_group_members, membersOf(serverGroupId, userId) + granted.success)) {
          return yield* Effect.fail(groupIsFull)
        }
        for (const id of ids.slice(0, granted.success)) {
          holds.set(id, { userId, cores, ramMb, serverGroupId, moveId, holder, askedAtMillis: nowMillis })
        }
        return { count: granted.success, promise }
      }),
      Release: ({ payload }) => Effect.sync(() => { for (const id of payload.ids) holds.delete(id) })
    })
  }),
  { ...supervision, maxIdleTime: Limits.projectIdleMillis, mailboxCapacity: Limits.projectMailboxMax }
)
