/** Proofs and plans as the API words them. */
import type { Explained } from "../../../../actors/scheduler/PlacementsProtocol.ts"
import type { Proof, Relaxation } from "../../../../actors/scheduler/proof/Proof.ts"
import { explanationOf } from "../../../../actors/scheduler/proof/words.ts"
import type { DrainPlan, DrainStep, Premise } from "../../../../actors/scheduler/whatIf/DrainPlan.ts"
import type { WhatIfAnswer } from "../../../../actors/scheduler/whatIf/WhatIf.ts"

const relaxation = (one: Relaxation) => {
  switch (one._tag) {
    case "Shortage": return { kind: "shortage", resource: one.resource, short: one.short, zone: one.zone, hosts: one.hosts }
    case "Zone": return { kind: "zone", zone: one.zone, hosts: one.hosts }
    case "PageSize": return { kind: "page_size", page_size_kb: one.pageSizeKb, hosts: one.hosts }
    case "Unpinned": return { kind: "unpinned", hosts: one.hosts }
    case "Group": return { kind: "group", hosts: one.hosts }
    case "Move": return { kind: "move", server: one.server, host: one.host, hosts: one.hosts }
  }
}

const outcome = (is: Proof["outcome"]) =>
  is._tag === "Placed"
    ? { placed: { host: is.host, admitted: is.admitted, score: is.score, scores: is.scores, runners_up: is.runnersUp } }
    : { refused: { hosts: is.hosts, groups: is.groups, more_hosts: is.moreHosts, relaxations: is.relaxations.map(relaxation) } }

const proof = (one: Proof) => {
  const { attempt, devices, diskGb, excludedHosts, groupPolicy, host, isForced, numa, ramMb, requestId, vcpus, zone } = one.request
  return {
    at: one.at,
    request: {
      request_id: requestId, attempt, vcpus, ram_mb: ramMb, disk_gb: diskGb, availability_zone: zone, host, forced: isForced,
      group_policy: groupPolicy, numa, ...(devices === undefined ? {} : { devices }), excluded_hosts: excludedHosts
    },
    ...outcome(one.outcome),
    text: explanationOf(one)
  }
}

export const renderExplained = ({ proof: one, server }: Explained) => ({ server_id: server.id, project_id: server.projectId, ...proof(one) })

const premise = ({ diskUsedGb, host, instances, isDisabled, isUp, ramUsedMb, vcpusUsed }: Premise) => ({
  host, up: isUp, disabled: isDisabled, instances, vcpus_used: vcpusUsed, ram_used_mb: ramUsedMb, disk_used_gb: diskUsedGb
})
/** A premise as `premise` showed it. */
export type PremiseShown = ReturnType<typeof premise>
export const premiseOf = (shown: PremiseShown): Premise => ({
  host: shown.host, isUp: shown.up, isDisabled: shown.disabled, instances: shown.instances, vcpusUsed: shown.vcpus_used,
  ramUsedMb: shown.ram_used_mb, diskUsedGb: shown.disk_used_gb
})

const plan = ({ at, changed, host, moves, premises, stuck }: DrainPlan) =>
  ({ at: at ?? null, host, can_be_emptied: stuck.length === 0, moves, stuck, premises: premises.map(premise), changed })

const stateOf = ({ against, underWay, waiting }: DrainStep) => against.length > 0 ? "stopped" : underWay.length + waiting.length > 0 ? "running" : "done"

export const renderStep = (host: string, step: DrainStep) =>
  ({ drain: { host, state: stateOf(step), done: step.done, under_way: step.underWay, waiting: step.waiting, against: step.against } })

export const renderAnswer = (answer: WhatIfAnswer) => {
  switch (answer._tag) {
    case "Boot": return { boot: { ...proof(answer.proof), capacity: answer.capacity, counted: answer.isCounted } }
    case "BootSeveral": return { boot: { ...proof(answer.proof), count: answer.count, placed_count: answer.placed, hosts: answer.hosts } }
    case "Migrate": return { migrate: proof(answer.proof) }
    case "Resize": return { resize: proof(answer.proof) }
    case "Replay":
      return { replay: { server_id: answer.server, same: answer.isSame, changed: answer.changed, before: proof(answer.before), now: proof(answer.proof) } }
    case "Drain": return { drain: plan(answer.plan) }
    case "DrainStep": return renderStep("", answer.step)
  }
}
