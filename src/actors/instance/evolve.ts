import { Limits } from "../../runtime/Limits.ts"
import { begin, finish } from "./actionLog.ts"
import type { Instance } from "./Instance.ts"
import type { Action, Patch } from "./InstanceCommand.ts"
import type { InstanceEvent } from "./InstanceEvent.ts"
import { build, lifecycle, moveControls } from "./lifecycle.ts"
import { advanced, closed, closedBy, movedTo, reopened, withMigration } from "./moveStates.ts"
import { isMoving } from "./moveEvents.ts"
import { noPlace, withPlace } from "./places.ts"
import { powerStates, type VmState } from "./states.ts"

const patched = (instance: Instance, patch: Patch): Partial<Instance> => {
  const { metadataSet, metadataRemove, metadataReplace, pinnedZone, tagsAdd, tagsRemove, tagsReplace, ...fields } = patch
  const metadata: Record<string, string> = { ...(metadataReplace ?? instance.metadata), ...metadataSet }
  for (const key of metadataRemove ?? []) delete metadata[key]
  const tags = new Set([...(tagsReplace ?? instance.tags), ...(tagsAdd ?? [])])
  for (const tag of tagsRemove ?? []) tags.delete(tag)
  const wish = pinnedZone === undefined ? instance.wish : { ...instance.wish, availabilityZone: pinnedZone }
  return { ...fields, metadata, tags: [...tags], wish }
}


/** A failure that is not the scheduler's leaves its last word as it was. */
const withProof = (instance: Instance, { placement }: Pick<Instance, "placement">): Pick<Instance, "placement" | "earlierPlacements"> => {
  if (placement === undefined) return {}
  const { earlierPlacements = [], placement: last } = instance
  return last === undefined ? { placement } : { placement, earlierPlacements: [...earlierPlacements, last].slice(-Limits.earlierPlacementsMax) }
}

const actionOf = (instance: Instance) => lifecycle[instance.work!.action as typeof Action.Type]

/** What a server is whose move is no question any more. */
const restingState = ({ powerState }: Instance): VmState => powerState === powerStates.shutdown ? "stopped" : "active"

/** How a finished task leaves the server. */
const completed = (instance: Instance, at: string): Partial<Instance> => {
  const work = instance.work!
  const base = { taskState: null, work: null, actions: finish(instance, work.requestId, at, null) }
  if (work.action === build.log) {
    return { ...base, vmState: "active", powerState: powerStates.running, launchedAt: at, fault: null }
  }
  const row = actionOf(instance)
  const landed = {
    ...base, fault: null,
    vmState: row.to ?? (instance.vmState === "resized" ? restingState(instance) : instance.vmState),
    powerState: row.power === null ? instance.powerState : powerStates[row.power],
    ...closedBy(instance, work.action, at)
  }
  return row.to === "deleted" ? { ...landed, terminatedAt: at, nics: [], locked: null, ...withPlace(instance, noPlace) } : landed
}

const changed = (instance: Instance, event: Exclude<InstanceEvent, { readonly _tag: "Created" }>): Partial<Instance> => {
  switch (event._tag) {
    case "ActionAccepted": {
      const row = lifecycle[event.action]
      return {
        taskState: event.task,
        work: event.work,
        ...(event.migration === undefined ? {} : { migration: event.migration }),
        actions: begin(instance, {
          action: row.log, event: row.event, at: event.at,
          requestId: event.work.requestId, userId: event.userId, projectId: event.projectId
        })
      }
    }
    case "Placed":
      return {
        host: event.host, availabilityZone: event.availabilityZone, nics: event.nics, taskState: "spawning", work: event.work,
        ...withPlace(instance, event), ...withProof(instance, event)
      }
    case "StepCompleted":
    case "StepResent":
      return { work: event.work }
    case "BuildRescheduled":
      return { work: event.work, host: null, taskState: "scheduling", ...withPlace(instance, noPlace) }
    case "DestinationPicked":
      return {
        work: event.work, ...withMigration(instance, { status: "preparing", destination: event.destination }, event.at), ...withProof(instance, event)
      }
    case "MoveAdvanced":
      return { work: event.work, ...advanced(instance, event), ...(event.task === undefined ? {} : { taskState: event.task }) }
    case "Moved":
      return { work: event.work, ...movedTo(instance, event) }
    case "MoveControlled": {
      const { event: name, log } = moveControls[event.control]
      const actions = begin(instance, { action: log, event: name, at: event.at, ...event.asker })
      return { actions: finish({ actions, host: instance.host }, event.asker.requestId, event.at, null) }
    }
    case "TaskCompleted":
      return completed(instance, event.at)
    case "TaskFailed":
      return {
        vmState: event.vmState, taskState: null, fault: event.fault, work: event.work, ...withProof(instance, event),
        ...(event.migrationStatus === undefined ? reopened(instance, event.at) : closed(instance, event.migrationStatus, event.at)),
        actions: finish(instance, instance.work?.requestId ?? "", event.at, event.fault)
      }
    case "Unwound":
      return { work: null, host: null, nics: [], ...withPlace(instance, noPlace) }
    case "Changed":
      return patched(instance, event.patch)
    case "Locked":
      return {
        locked: { by: event.by, reason: event.reason },
        actions: begin(instance, { action: "lock", event: null, at: event.at, ...event.asker })
      }
    case "Unlocked":
      return { locked: null, actions: begin(instance, { action: "unlock", event: null, at: event.at, ...event.asker }) }
    case "StateReset":
      // Where its guest is, only its move knows: that goes on.
      return { vmState: event.vmState, taskState: null, work: isMoving(instance) ? instance.work : null }
    case "PowerObserved":
      return { powerState: event.power, vmState: event.vmState }
  }
}

/** The state after the fact. The only place where a new state of a server is made. */
export const evolve = (instance: Instance | null, event: InstanceEvent): Instance => {
  if (event._tag === "Created") return event.instance
  if (instance === null) throw new Error(`${event._tag} of a server that was never created`)
  const fields = changed(instance, event)
  const generation = Math.max(instance.generation, fields.work?.generation ?? 0)
  return { ...instance, ...fields, generation, updatedAt: event.at }
}
