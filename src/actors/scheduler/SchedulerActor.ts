import { Clock, Effect, Random } from "effect"
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
import { Placement } from "../placement/PlacementProtocol.ts"
import { providerOverlay } from "../placement/providerOverlay.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { isoOf } from "../shared/time.ts"
import { dryRuns } from "./dryRunsWorkflow.ts"
import { FailedBuilds } from "./FailedBuilds.ts"
import { GroupMembers } from "./GroupMembers.ts"
import { Holds } from "./Holds.ts"
import { HostTable } from "./HostTable.ts"
import { Placer } from "./Placer.ts"
import { prefilter } from "./prefilters.ts"
import { anywhereElse } from "./proof/elsewhere.ts"
import type { Movable } from "./proof/moves.ts"
import { admission } from "./proof/near.ts"
import type { Refused } from "./proof/Proof.ts"
import { Prover } from "./proof/Prover.ts"
import { proofOf } from "./proof/request.ts"
import { adviceOf, explanationOf } from "./proof/words.ts"
import { ProviderTrees } from "./ProviderTrees.ts"
import { rulesOf } from "./registry.ts"
import { type RequestSpec, requestSpecOf, type Surroundings, type Wanting } from "./RequestSpec.ts"
import { NoValidHost, SchedulerEntity } from "./SchedulerProtocol.ts"
import { type Refusals, summaryOf } from "./select.ts"
import { SchedulerOptions } from "./settings.ts"
import { Sight } from "./Sight.ts"
import { watching } from "./watchWorkflow.ts"
import { countedOn, type Surveyed } from "./whatIf/Moment.ts"

/** In the server's action log and fault: a sentence for its owner, all of it for administrators. */
const noValidHost = (instance: Instance, spec: RequestSpec, refusals: Refusals, outcome: Refused, nowMillis: number, more = ""): NoValidHost => {
  const placement = proofOf(instance, spec, outcome, nowMillis)
  const message = `No valid host was found. ${summaryOf(refusals, spec)}.${more}${adviceOf(outcome)}`
  return new NoValidHost({ kind: "conflict", message, code: explanationOf(placement), placement })
}

const groupMoves = ({ wish }: Instance): Refusal =>
  refuse("unavailable", `A server of the affinity group ${wish.serverGroupId} is on its way to another host. Try again.`)

/** What a proof says of the request hangs on the request alone. */
const noMembers: ReadonlyMap<string, number> = new Map()
const nothingKnown: Surroundings = { groupHosts: noMembers, hostOf: () => null }

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
    const failed = new FailedBuilds(mark)
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
    const markAll = yield* watching({ records, index, sight, trees, holds, failed })
    // Where earlier owners placed servers counts before the first pick; what they picked and nobody used is void.
    yield* caughtUp(yield* Journal)
    markAll()

    const members = new GroupMembers({ index, holds })
    const { aliases } = settings
    const everyRequest = {
      aliases, hostOf: (id: string) => index.get(id)?.host ?? null, prefilter: prefilter(settings.prefilters, () => records.all(aggregates))
    }
    const specOf = (instance: Wanting) => requestSpecOf(instance, { groupHosts: countedOn(members.beside(instance)), ...everyRequest })
    const movable: Movable = {
      serversOn: index.onHost,
      mayLeave: (server) => {
        const admits = admission(rules, anywhereElse(specOf(server), server))
        for (const host of table.states()) if (admits(host)) return true
        return false
      }
    }
    const prover = new Prover(rules, table, movable)
    const placer = new Placer({
      table, sight, trees, holds, members, specOf,
      chance: { subset: settings.hostSubsetSize, isShuffled: settings.isShuffled, draw: () => random.nextDoubleUnsafe() },
      siblingsOf: ({ projectId }) => index.ofProject(projectId),
      refused: (instance, spec, refusals, nowMillis, more) =>
        noValidHost(instance, spec, refusals, prover.refused(spec, refusals), nowMillis, more)
    })

    /** All that a dry run may ask for; what it gets of hosts does not change under it. */
    const survey = (nowMillis: number): Surveyed => {
      sight.watchLiveness(nowMillis, 0)
      placer.refresh()
      return {
        at: isoOf(nowMillis), rules, hosts: table.ordered(), movable, membersBeside: (server) => members.beside(server),
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
        if (members.isMoving(instance)) return yield* Effect.fail(groupMoves(instance))
        const { allocations, devices, host, numa, placed: outcome } = yield* Effect.fromResult(placer.place(instance, nowMillis))
        const availabilityZone = table.get(host)?.availabilityZone ?? ""
        return {
          host, availabilityZone, promise,
          ...(numa === null ? {} : { numa }), ...(devices.length === 0 ? {} : { devices }), ...(allocations === null ? {} : { allocations }),
          ...(outcome === undefined ? {} : { placement: proofOf(instance, requestSpecOf(instance, { ...nothingKnown, aliases }), outcome, nowMillis) })
        }
      })
    })
  }),
  { ...supervision, maxIdleTime: Limits.schedulerIdleMillis, mailboxCapacity: Limits.schedulerMailboxMax }
)
