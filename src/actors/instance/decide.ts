import { Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { refuse } from "../shared/Refusal.ts"
import { isoOf } from "../shared/time.ts"
import { otherPlaceOf } from "./presences.ts"
import type { Instance, Work } from "./Instance.ts"
import type { Action, Command, Outcome, Request } from "./InstanceCommand.ts"
import type { InstanceEvent } from "./InstanceEvent.ts"
import type { Transition } from "./lifecycle.ts"
import { build, changes, lifecycle, moveControls } from "./lifecycle.ts"
import { aborted } from "./liveMoveRules.ts"
import { isMoving, migrationOf } from "./moveEvents.ts"
import { moveAdvanced, moveExpired } from "./moveRules.ts"
import { nextWork } from "./nextWork.ts"
import type { Proof } from "../scheduler/proof/Proof.ts"
import type { VmState } from "./states.ts"
import { powerStates } from "./states.ts"

type Decision = Result.Result<ReadonlyArray<InstanceEvent>, Refusal>
type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

const nothing: Decision = Result.succeed([])
const events = (...list: ReadonlyArray<InstanceEvent>): Decision => Result.succeed(list)
const conflict = (message: string, code: string): Decision => Result.fail(refuse("conflict", message, code))

export const notFound = (id: string): Refusal => refuse("notFound", `Instance ${id} could not be found.`, "InstanceNotFound")
const locked = (id: string) => conflict(`Instance ${id} is locked`, "InstanceIsLocked")
const invalidState = (verb: string, id: string, attribute: string, state: string | null) =>
  conflict(`Cannot '${verb}' instance ${id} while it is in ${attribute} ${state ?? "None"}`, "InstanceInvalidState")

const isLockedFor = (instance: Instance, isAdmin: boolean) => instance.locked !== null && !isAdmin

/** Nova's order: lock, host, vm_state, task_state, launched. */
const refusalOf = (instance: Instance, verb: string, row: Transition, isAdmin: boolean): Decision | undefined => {
  if (row.isLockable && isLockedFor(instance, isAdmin)) return locked(instance.id)
  if (row.needsHost && instance.host === null) {
    return conflict(`Instance ${instance.id} is not ready`, "InstanceNotReady")
  }
  if (row.from !== "any" && !row.from.includes(instance.vmState)) {
    return invalidState(verb, instance.id, "vm_state", instance.vmState)
  }
  if (row.during !== "any" && !row.during.includes(instance.taskState)) {
    return invalidState(verb, instance.id, "task_state", instance.taskState)
  }
  // Its states were reset, or its deletion failed: where its guest is, only the end of the move can tell.
  const isBetween = isMoving(instance) || (instance.migration != null && instance.vmState === "error")
  if (isBetween && row.during !== "any") return invalidState(verb, instance.id, "task_state", instance.taskState ?? "migrating")
  if (row.mustHaveLaunched && instance.launchedAt === null) {
    return conflict(`Instance ${instance.id} is in an invalid state for '${verb}'`, "InstanceInvalidState")
  }
  return undefined
}

const workOf = (instance: Instance, action: string, step: Work["step"], request: Request): Work => ({
  action,
  step,
  generation: instance.generation + 1,
  requestId: request.requestId,
  touchedAtMillis: request.atMillis,
  deadlineMillis: request.deadlineMillis,
  attempt: 1,
  excludedHosts: []
})

const verbs: Partial<Record<typeof Action.Type, string>> = { rebootHard: "reboot", liveMigrate: "os-migrateLive" }

/** Why the server does not take the action now; `undefined`: it does. */
export const actionRefusal = (instance: Instance, action: typeof Action.Type, isAdmin: boolean): Decision | undefined =>
  refusalOf(instance, verbs[action] ?? action, lifecycle[action], isAdmin)

/** The same request again: the answer to it was lost. */
const isRepeated = (instance: Instance, { action, request }: Of<"Perform">): boolean =>
  instance.actions.some((line) => line.requestId === request.requestId && line.action === lifecycle[action].log)

/** What a migration that waits for a word is while it is being carried out. */
const words: Partial<Record<typeof Action.Type, "confirming" | "reverting">> = { confirmResize: "confirming", revertResize: "reverting" }

const perform = (instance: Instance, command: Of<"Perform">): Decision => {
  const { action, request } = command
  const row: Transition = lifecycle[action]
  if (isRepeated(instance, command)) return nothing
  const refusal = actionRefusal(instance, action, request.isAdmin)
  if (refusal !== undefined) return refusal
  if (action === "delete" && instance.work?.action === "delete") return nothing
  const word = words[action]
  if (word !== undefined && instance.migration == null) return Result.fail(refuse("badRequest", "Instance has not been resized.", "MigrationNotFound"))
  const step = row.steps[0] === "destroy" && instance.host === null ? "release" : row.steps[0]
  return events({
    _tag: "ActionAccepted",
    action,
    task: row.tasks[0],
    userId: request.userId,
    projectId: request.projectId,
    work: command.move === undefined
      ? workOf(instance, action, step, request)
      : { ...workOf(instance, action, step, request), excludedHosts: [instance.host!] },
    ...(command.move === undefined ? {} : { migration: migrationOf(instance, command.move, request) }),
    ...(word === undefined ? {} : { migration: { ...instance.migration!, status: word, updatedAt: isoOf(request.atMillis) } }),
    at: isoOf(request.atMillis)
  })
}

const controlMove = (instance: Instance, { control, mayWait, number, request }: Of<"ControlMove">): Decision => {
  const { log, verb } = moveControls[control]
  if (instance.actions.some((line) => line.requestId === request.requestId && line.action === log)) return nothing
  if (isLockedFor(instance, request.isAdmin)) return locked(instance.id)
  if (control === "forceComplete" && instance.vmState !== "active") return invalidState(verb, instance.id, "vm_state", instance.vmState)
  if (instance.taskState !== "migrating" || !isMoving(instance)) return invalidState(verb, instance.id, "task_state", instance.taskState)
  const { number: known, status } = instance.migration
  if (known !== number) {
    return Result.fail(refuse("notFound", `Migration ${number} not found for instance ${instance.id}`, "MigrationNotFoundForInstance"))
  }
  const allowed = mayWait ? ["accepted", "preparing", "running"] : ["running"]
  if (!allowed.includes(status)) {
    return Result.fail(refuse(
      "badRequest",
      `Migration ${number} state of instance ${instance.id} is ${status}. Cannot ${verb.replace("_", " ")} while the migration is in this state.`,
      "InvalidMigrationState"
    ))
  }
  const at = isoOf(request.atMillis)
  const told = { _tag: "MoveControlled", control, asker: askerOf(request), at } as const
  return control === "abort" ? events(told, ...aborted(instance, request.atMillis)) : events(told)
}

const change = (instance: Instance, { kind, patch, request }: Of<"Change">): Decision => {
  const row: { readonly from: ReadonlyArray<VmState> | "any"; readonly isLockable: boolean; readonly verb: string } = changes[kind]
  if (row.isLockable && isLockedFor(instance, request.isAdmin)) return locked(instance.id)
  if (row.from !== "any" && !row.from.includes(instance.vmState)) {
    return invalidState(row.verb, instance.id, "vm_state", instance.vmState)
  }
  return events({ _tag: "Changed", patch, at: isoOf(request.atMillis) })
}

const askerOf = ({ projectId, requestId, userId }: Request) => ({ requestId, userId, projectId })

const lock = (instance: Instance, { reason, request }: Of<"Lock">): Decision => {
  const by = request.projectId === instance.projectId ? "owner" : "admin"
  if (by === "owner" && instance.locked?.by === "admin") return nothing
  return events({ _tag: "Locked", by, reason, asker: askerOf(request), at: isoOf(request.atMillis) })
}

const unlock = (instance: Instance, { mayOverride, request }: Of<"Unlock">): Decision => {
  if (instance.locked?.by === "admin" && request.projectId === instance.projectId && !mayOverride) {
    return Result.fail(refuse(
      "forbidden",
      "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed."
    ))
  }
  return events({ _tag: "Unlocked", asker: askerOf(request), at: isoOf(request.atMillis) })
}

/** The build has failed already, and what it took is being given back. */
const isUnwinding = (instance: Instance, work: Work) => work.action === build.log && instance.vmState === "error"

/** Only the scheduler gives reasons. */
const proven = (placement: Proof | undefined): { readonly placement?: Proof } => placement === undefined ? {} : { placement }

const failed = (
  instance: Instance,
  work: Work,
  failure: { readonly message: string; readonly details: string | null; readonly code: number; readonly placement?: Proof },
  atMillis: number
): Decision => {
  const at = isoOf(atMillis)
  if (isUnwinding(instance, work)) {
    return work.step === "destroy"
      ? events({ _tag: "StepCompleted", work: nextWork(work, "release", atMillis), at })
      : events({ _tag: "Unwound", at })
  }
  const fault = { code: failure.code, message: failure.message, details: failure.details, createdAt: at }
  if (work.action !== build.log) {
    const row = lifecycle[work.action as typeof Action.Type]
    const vmState = row.onFailure === "error" ? "error" : instance.vmState
    return events({ _tag: "TaskFailed", vmState, fault, work: null, at })
  }
  // What the build took must be given back even when its own deadline is what ended it.
  const undo = nextWork(work, instance.host === null ? "release" : "destroy", atMillis, {
    deadlineMillis: atMillis + Limits.taskMillisMax
  })
  return events({ _tag: "TaskFailed", vmState: "error", fault, work: undo, at, ...proven(failure.placement) })
}

const advanced = (instance: Instance, work: Work, outcome: typeof Outcome.Type, atMillis: number): Decision => {
  const at = isoOf(atMillis)
  if (isMoving(instance)) return events(...moveAdvanced(instance, outcome, atMillis))
  switch (outcome._tag) {
    case "Placed":
      return events({
        _tag: "Placed", host: outcome.host, availabilityZone: outcome.availabilityZone, nics: outcome.nics,
        numa: outcome.numa ?? null, ...(outcome.devices === undefined ? {} : { devices: outcome.devices }),
        ...(outcome.allocations === undefined ? {} : { allocations: outcome.allocations }), ...proven(outcome.placement),
        work: nextWork(work, "spawn", atMillis), at
      })
    case "Done":
      if (work.step === "destroy" || work.step === "sweep") {
        // Of a server that was on the move, both hosts are rid.
        const step = work.step === "destroy" && otherPlaceOf(instance) !== null ? "sweep" : "release"
        return events({ _tag: "StepCompleted", work: nextWork(work, step, atMillis), at })
      }
      return events({ _tag: isUnwinding(instance, work) ? "Unwound" : "TaskCompleted", at })
    case "Failed": {
      const mayRetry = outcome.isRetryable && work.step === "spawn" && work.attempt < Limits.buildAttemptsMax
      return mayRetry && instance.host !== null
        ? events({
          _tag: "BuildRescheduled", reason: outcome.message, at,
          work: nextWork(work, "schedule", atMillis, {
            attempt: work.attempt + 1, lastFailure: outcome.message,
            excludedHosts: outcome.mayStay === true ? work.excludedHosts : [...work.excludedHosts, instance.host]
          })
        })
        : failed(instance, work, outcome, atMillis)
    }
  }
}

const expire = (instance: Instance, work: Work, atMillis: number): Decision => {
  const message = `The ${work.action} did not finish in time: its step "${work.step}" had no answer before the deadline ` +
    `${isoOf(work.deadlineMillis)}.`
  return isMoving(instance)
    ? events(...moveExpired(instance, message, atMillis))
    : failed(instance, work, { message, details: null, code: 500 }, atMillis)
}

/** What the hypervisor saw, as Nova takes it: a guest that stopped by itself is a stopped server. */
const observe = (instance: Instance, power: number, atMillis: number): Decision => {
  if (instance.work !== null || power === instance.powerState || instance.vmState === "deleted") return nothing
  // Its memory is saved and its power is off: Nova calls that "shutdown".
  if (instance.vmState === "suspended" && power === powerStates.suspended) return nothing
  const isOff = power === powerStates.shutdown || power === powerStates.crashed
  const vmState = isOff && instance.vmState === "active" ? "stopped" : instance.vmState
  return events({ _tag: "PowerObserved", power, vmState, at: isoOf(atMillis) })
}

/** The rules of a server: what a command does to it, or why not. Pure; time and ids come with the command. */
export const decide = (id: string, instance: Instance | null, command: Command): Decision => {
  if (command._tag === "Create") {
    return instance === null ? events({ _tag: "Created", instance: command.instance }) : nothing
  }
  if (instance === null || instance.vmState === "deleted") {
    if (instance !== null && command._tag === "Perform" && isRepeated(instance, command)) return nothing
    return "request" in command ? Result.fail(notFound(id)) : nothing
  }
  const work = instance.work
  switch (command._tag) {
    case "Perform": return perform(instance, command)
    case "ControlMove": return controlMove(instance, command)
    case "Change": return change(instance, command)
    case "Lock": return lock(instance, command)
    case "Unlock": return unlock(instance, command)
    case "ResetState":
      return events({ _tag: "StateReset", vmState: command.vmState, at: isoOf(command.request.atMillis) })
    case "Advance":
      return work?.generation === command.generation ? advanced(instance, work, command.outcome, command.atMillis) : nothing
    case "Expire":
      return work?.generation === command.generation ? expire(instance, work, command.atMillis) : nothing
    case "Resume":
      return work === null ? nothing : events({
        _tag: "StepResent", at: isoOf(command.atMillis), work: { ...work, touchedAtMillis: command.atMillis }
      })
    case "ObservePower": return observe(instance, command.power, command.atMillis)
  }
}
