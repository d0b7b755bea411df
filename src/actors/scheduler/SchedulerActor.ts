import { Clock, Effect, Random, Result } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Fleet } from "../../drivers/Driver.ts"
import { caughtUp } from "../../runtime/kernel/ask.ts"
import { HostTopologies } from "../../runtime/kernel/HostTopologies.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../runtime/kernel/Journal.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { supervision } from "../../runtime/kernel/supervision.ts"
import { Limits } from "../../runtime/Limits.ts"
import { aggregates } from "../host/Aggregate.ts"
import { hosts } from "../host/Host.ts"
import type { Instance } from "../instance/Instance.ts"
import { isMoving } from "../instance/moveEvents.ts"
import { presencesOf } from "../instance/presences.ts"
import { providerOverlay } from "../placement/providerOverlay.ts"
import { takenBy } from "../placement/demand/Taken.ts"
import { Placement } from "../placement/PlacementProtocol.ts"
import { consumerRecords, providerRecords } from "../placement/records.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { finished } from "../shared/Steps.ts"
import { isoOf } from "../shared/time.ts"
import { dryRuns } from "./dryRunsWorkflow.ts"
import { FailedBuilds } from "./FailedBuilds.ts"
import { Gangs, gangSizeOf, memberKey, undecided } from "./Gangs.ts"
import { type Held, Holds } from "./Holds.ts"
import { HostTable, type Picked } from "./HostTable.ts"
import { placeAll } from "./placing.ts"
import { anywhereElse } from "./proof/elsewhere.ts"
import type { Movable } from "./proof/moves.ts"
import { admission } from "./proof/near.ts"
import { placedOf } from "./proof/placed.ts"
import type { Proof } from "./proof/Proof.ts"
import { Prover } from "./proof/Prover.ts"
import { proofRequestOf } from "./proof/request.ts"
import { adviceOf, explanationOf } from "./proof/words.ts"
import { Claimants, ProviderTrees } from "./ProviderTrees.ts"
import { prefilter } from "./prefilters.ts"
import { rulesOf } from "./registry.ts"
import { type RequestSpec, requestSpecOf, type Surroundings, type Wanting } from "./RequestSpec.ts"
import { NoValidHost, SchedulerEntity } from "./SchedulerProtocol.ts"
import { type Refusals, summaryOf } from "./select.ts"
import { SchedulerOptions } from "./settings.ts"
import { Sight } from "./Sight.ts"
import { countedOn, type Member, type Surveyed } from "./whatIf/Moment.ts"

const isSettled = (held: Held, known: Instance): boolean =>
  known.generation >= held.generation && known.work?.step !== "schedule" && known.work?.step !== "select"

/** In the server's action log and fault: a sentence for its owner, all of it for administrators. */
const noValidHost = (spec: RequestSpec, refusals: Refusals, placement: Proof, advice: string, more = ""): NoValidHost =>
  new NoValidHost({
    kind: "conflict", message: `No valid host was found. ${summaryOf(refusals, spec)}.${more}${advice}`, code: explanationOf(placement), placement
  })

const groupMoves = ({ wish }: Instance): Refusal =>
  refuse("unavailable", `A server of the affinity group ${wish.serverGroupId} is on its way to another host. Try again.`)

/** What a proof says of the request hangs on the request alone. */
const noMembers: ReadonlyMap<string, number> = new Map()
const nothingKnown: Surroundings = { groupHosts: noMembers, hostOf: () => null }

/** When, and what was asked, in front of what came of it. */
const proofOf = ({ work }: Instance, spec: RequestSpec, outcome: Proof["outcome"], nowMillis: number): Proof => ({
  at: isoOf(nowMillis), request: proofRequestOf(spec, work?.requestId ?? "", work?.attempt ?? 1), outcome
})

/** Keeps its table of hosts in step with what is committed, picks from it, and holds what it picked until the server is seen on its host. */
export const layer = SchedulerEntity.toLayer(
  Effect.gen(function*() {
    const index = yield* InstanceIndex
    const records = yield* Records
    const fleet = yield* Fleet
    const topologies = yield* HostTopologies
    const placement = yield* Placement
    const ownership = yield* Ownership
    const random = yield* Random.Random
    const settings = yield* SchedulerOptions
    const shard = ownership.shardOf("Scheduler", (yield* Entity.CurrentAddress).entityId)

    const mark = (hostname: string) => sight.mark(hostname)
    const rules = rulesOf(settings)
    const table = new HostTable(rules)
    const holds = new Holds(mark, (uuid) => trees.note(uuid))
    const trees = new ProviderTrees({ placement, records, holds })
    const claimants = new Claimants((uuid) => trees.note(uuid))
    const failed = new FailedBuilds(mark)
    const gangs = new Gangs()
    const sight = new Sight(table, {
      host: (hostname) => records.get(hosts, hostname),
      overlayOf: (host) => providerOverlay(records, host.hostname),
      isUp: fleet.isUp,
      usageOf: index.usageOfHost,
      takenOf: index.takenOf,
      claimedOf: ({ id }) => placement.claimedOf(id),
      treeOf: (host) => trees.treeOf(host),
      serversOn: index.onHost,
      topologyOf: topologies.topologyOf,
      devicesOf: topologies.devicesOf
    }, holds, failed)
    const chance = { subset: settings.hostSubsetSize, isShuffled: settings.isShuffled, draw: () => random.nextDoubleUnsafe() }

    const regroup = () => {
      trees.grow()
      sight.regroup([...records.all(aggregates)].toSorted((a, b) => a.id - b.id))
    }
    yield* records.watch([hosts], (_, hostname) => {
      trees.grow()
      mark(hostname)
    })
    yield* records.watch([aggregates], regroup)
    yield* records.watch([providerRecords], (_, uuid) => trees.see(uuid))
    yield* records.watch([consumerRecords], (_, id) => claimants.see(id, records.get(consumerRecords, id)?.allocations))
    yield* index.watchHosts(mark)
    yield* index.watchServers((before, after) => {
      failed.see(before, after)
      for (const { allocations } of presencesOf(before)) for (const uuid in allocations) trees.note(uuid)
      for (const { allocations } of presencesOf(after)) for (const uuid in allocations) trees.note(uuid)
      if (before?.host != null && before.taskState !== after?.taskState) mark(before.host)
      const id = after?.id ?? before?.id
      const held = id === undefined ? undefined : holds.get(id)
      if (held !== undefined && (after === undefined || isSettled(held, after))) holds.remove(held.id)
    })
    // Where earlier owners placed servers counts before the first pick; what they picked and nobody used is void.
    yield* caughtUp(yield* Journal)
    for (const { allocations, id } of records.all(consumerRecords)) claimants.see(id, allocations)
    regroup()
    for (const host of records.all(hosts)) mark(host.hostname)

    /** Where those of its affinity group will be is not known: one is on the move, or was picked a place for and not seen to be. */
    const isGroupMoving = ({ id, wish }: Instance): boolean => {
      if (wish.groupPolicy !== "affinity" || wish.serverGroupId === null) return false
      for (const member of index.inGroup(wish.serverGroupId)) if (member.id !== id && isMoving(member)) return true
      for (const held of holds.ofGroup(wish.serverGroupId)) if (held.id !== id && index.get(held.id)?.host != null) return true
      return false
    }

    /** The other members of its group, with those that are picked and not yet there. */
    const membersBeside = ({ id, wish }: Wanting): ReadonlyArray<Member> => {
      const members: Array<Member> = []
      if (wish.serverGroupId === null) return members
      for (const member of index.inGroup(wish.serverGroupId)) {
        if (member.id === id || member.host === null) continue
        // Apart from a member is apart from where it may go back to; together with it is where it is.
        const hosts = wish.groupPolicy === "affinity" ? [member] : presencesOf(member)
        for (const { host } of hosts) members.push({ id: member.id, host: host! })
      }
      for (const held of holds.ofGroup(wish.serverGroupId)) if (held.id !== id) members.push(held)
      return members
    }
    const groupHosts = (instance: Wanting) => countedOn(membersBeside(instance))
    const hostOf = (id: string) => index.get(id)?.host ?? null
    const { aliases } = settings
    const everyRequest = { hostOf, aliases, prefilter: prefilter(settings.prefilters, () => records.all(aggregates)) }
    const specOf = (instance: Wanting) => requestSpecOf(instance, { groupHosts: groupHosts(instance), ...everyRequest })

    const movable: Movable = {
      serversOn: index.onHost,
      mayLeave: (server) => {
        const admits = admission(rules, anywhereElse(specOf(server), server))
        for (const host of table.states()) if (admits(host)) return true
        return false
      }
    }
    const prover = new Prover(rules, table, movable)
    const refused = (instance: Instance, spec: RequestSpec, refusals: Refusals, nowMillis: number, more = ""): NoValidHost => {
      const outcome = prover.refused(spec, refusals)
      return noValidHost(spec, refusals, proofOf(instance, spec, outcome, nowMillis), adviceOf(outcome), more)
    }

    const refresh = () => {
      for (const hostname of trees.changedHosts()) mark(hostname)
      sight.refresh()
    }

    /** Never a host that is down, and no refusal while one is up that was not. */
    const pick = (spec: RequestSpec, nowMillis: number): Result.Result<Picked, Refusals> => {
      sight.watchLiveness(nowMillis, Limits.livenessMillis)
      for (;;) {
        refresh()
        const picked = table.pick(spec, chance)
        const isCurrent = Result.isSuccess(picked)
          ? !picked.success.host.isUp || sight.isStillUp(picked.success.host.hostname)
          : !sight.watchLiveness(nowMillis, 0)
        if (isCurrent) return picked
      }
    }

    const hold = (id: string, instance: Instance, spec: RequestSpec, picked: Picked, nowMillis: number): Held => {
      const { allocations, devices, host, numa } = picked
      const held: Held = {
        id, generation: instance.generation, host: host.hostname, groupId: instance.wish.serverGroupId,
        taken: takenBy(spec, allocations ?? undefined), allocations, numa, devices, placed: placedOf(picked),
        expiresAtMillis: nowMillis + Limits.placementHoldMillis
      }
      holds.add(held)
      return held
    }

    const placeOne = (instance: Instance, nowMillis: number): Result.Result<Held, NoValidHost> => {
      holds.remove(instance.id)
      const spec = specOf(instance)
      return pick(spec, nowMillis).pipe(
        Result.map((picked) => hold(instance.id, instance, spec, picked, nowMillis)),
        Result.mapError((refusals) => refused(instance, spec, refusals, nowMillis))
      )
    }

    const placeGang = (instance: Instance, nowMillis: number): void => {
      const { reservationId } = instance
      const members = undecided(instance, index.ofProject(instance.projectId))
      const spec = specOf(instance)
      const notAll = finished(placeAll(members, spec, {
        pick: (asked) => pick(asked, nowMillis),
        hold: (member, picked) => void hold(memberKey(reservationId, member), instance, spec, picked, nowMillis),
        undo: (member) => holds.remove(memberKey(reservationId, member)),
        groupHosts: () => groupHosts(instance)
      }))
      const more = ` Places for ${notAll?.placed} of the ${members.length} servers of this request: all are placed or none.`
      gangs.remember(
        reservationId,
        notAll === null ? { isPlaced: true } : { isPlaced: false, refusal: refused(instance, spec, notAll.refusals, nowMillis, more) },
        nowMillis
      )
    }

    /** The member's own place of those that were found for all. */
    const placeMember = (instance: Instance, nowMillis: number): Result.Result<Held, NoValidHost> => {
      const { id, launchIndex, reservationId } = instance
      if (gangs.get(reservationId) === undefined) placeGang(instance, nowMillis)
      const gang = gangs.get(reservationId)
      if (gang?.isPlaced === false) return Result.fail(gang.refusal)
      const kept = holds.get(memberKey(reservationId, launchIndex))
      if (kept === undefined) return Result.orElse(Result.fromNullishOr(holds.get(id), () => null), () => placeOne(instance, nowMillis))
      holds.remove(kept.id)
      const held = { ...kept, id, generation: instance.generation, expiresAtMillis: nowMillis + Limits.placementHoldMillis }
      holds.add(held)
      return Result.succeed(held)
    }

    /** All that a dry run may ask for; what it gets of hosts does not change under it. */
    const survey = (nowMillis: number): Surveyed => {
      sight.watchLiveness(nowMillis, 0)
      refresh()
      return {
        at: isoOf(nowMillis), rules, hosts: table.ordered(), movable, membersBeside,
        serverOf: index.get, serversOn: index.onHost, arrivingOn: index.movingOn, heldAt: (id) => holds.get(id)?.host ?? null,
        specOf: (server) => requestSpecOf(server, { groupHosts: noMembers, ...everyRequest })
      }
    }
    const dryRun = yield* dryRuns

    return SchedulerEntity.of({
      // Outside of the mailbox's turn: nobody waits for it.
      WhatIf: ({ payload: { question } }) => Rpc.fork(dryRun(question, survey)),
      Select: Effect.fnUntraced(function*({ payload: { instance } }) {
        const nowMillis = yield* Clock.currentTimeMillis
        const promise = { shard, epoch: ownership.epochOf(shard) }
        holds.expire(nowMillis)
        if (isGroupMoving(instance)) return yield* Effect.fail(groupMoves(instance))
        const placed = gangSizeOf(instance) > 1 ? placeMember(instance, nowMillis) : placeOne(instance, nowMillis)
        const { allocations, devices, host, numa, placed: outcome } = yield* Effect.fromResult(placed)
        const availabilityZone = table.get(host)?.availabilityZone ?? ""
        return {
          host, availabilityZone, promise, ...(numa === null ? {} : { numa }), ...(devices.length === 0 ? {} : { devices }), ...(allocations === null ? {} : { allocations }),
          ...(outcome === undefined ? {} : { placement: proofOf(instance, requestSpecOf(instance, { ...nothingKnown, aliases }), outcome, nowMillis) })
        }
      })
    })
  }),
  { ...supervision, maxIdleTime: Limits.schedulerIdleMillis, mailboxCapacity: Limits.schedulerMailboxMax }
)
