import { Limits } from "../../runtime/Limits.ts"
import type { Proof } from "../scheduler/proof/Proof.ts"
import { isoOf } from "../shared/time.ts"
import { isMoveAction } from "./lifecycle.ts"
import { nextWork } from "./nextWork.ts"
import type { Instance, Work } from "./Instance.ts"
import type { MoveRequest, Outcome, Request } from "./InstanceCommand.ts"
import type { InstanceEvent } from "./InstanceEvent.ts"
import type { Migration, MigrationStatus } from "./Migration.ts"

/** A server whose move has steps ahead; one that is deleted meanwhile goes another way. */
export interface Moving extends Instance {
  readonly migration: Migration
  readonly work: Work
}
export const isMoving = (instance: Instance): instance is Moving =>
  instance.migration != null && instance.work !== null && isMoveAction(instance.work.action)

export type Failure = { readonly message: string; readonly details: string | null; readonly code: number; readonly placement?: Proof; readonly isRetryable?: boolean; readonly mayStay?: boolean }
export type Events = ReadonlyArray<InstanceEvent>

/** What it has of its host beside room. */
const placeOf = ({ allocations, devices, numa }: Pick<Instance, "allocations" | "devices" | "numa">) => ({
  ...(numa == null ? {} : { numa }), ...(devices == null ? {} : { devices }), ...(allocations === undefined ? {} : { allocations })
})

export const migrationOf = (instance: Instance, move: MoveRequest, request: Request): Migration => ({
  id: move.id,
  number: move.number,
  type: move.type ?? "live-migration",
  status: "accepted",
  source: {
    host: instance.host!, availabilityZone: instance.availabilityZone, ...placeOf(instance),
    ...(move.flavor === undefined ? {} : { flavor: instance.flavor })
  },
  destination: null,
  wish: {
    host: move.host, isForced: move.isForced, copiesDisks: move.copiesDisks, ...(move.flavor === undefined ? {} : { flavor: move.flavor })
  },
  requestId: request.requestId,
  userId: request.userId,
  projectId: request.projectId,
  createdAt: isoOf(request.atMillis),
  updatedAt: null
})

/** Nova's rule: so long for each GiB of memory, and never less than for two. */
export const copyMillis = ({ flavor }: Instance): number => Limits.migrationGibMillisMax * Math.max(2, Math.ceil(flavor.ramMb / 1024))

const step = (of: Moving, to: Work["step"], atMillis: number, millis: number = Limits.taskMillisMax, more: Partial<Work> = {}) =>
  nextWork(of.work, to, atMillis, { deadlineMillis: atMillis + millis, ...more })

export const advance = (
  of: Moving, to: Work["step"], atMillis: number,
  more: Omit<Partial<Extract<InstanceEvent, { _tag: "MoveAdvanced" }>>, "_tag" | "work"> = {}, millis?: number, work: Partial<Work> = {}
): Events => [{
  _tag: "MoveAdvanced", status: of.migration.status, ...more, work: step(of, to, atMillis, millis, work), at: isoOf(atMillis)
}]

/** It is at the other end now, and goes on there. */
export const moved = (of: Moving, to: Work["step"], status: MigrationStatus, atMillis: number, isBack = false, ending?: Ending): Events =>
  [{ _tag: "Moved", status, ...(isBack ? { isBack } : {}), ...(ending === undefined ? {} : { ending }), work: step(of, to, atMillis), at: isoOf(atMillis) }]

/** It stays where it is; what the move took is free again. */
export const stay = (of: Moving, { code, details, message, placement }: Failure, status: MigrationStatus, atMillis: number): Events => {
  const at = isoOf(atMillis)
  return [{
    _tag: "TaskFailed", vmState: of.vmState, fault: { code, message, details, createdAt: at }, migrationStatus: status,
    ...(placement === undefined ? {} : { placement }), work: null, at
  }]
}

export const undoing = (of: Moving, to: "abort" | "cancel", ending: Ending, atMillis: number): Events =>
  advance(of, to, atMillis, { ending }, Limits.moveUndoMillisMax)

export type Ending = NonNullable<Migration["ending"]>

export const endingOf = ({ code, details, message }: Failure, status: MigrationStatus, isAtSource: boolean, retries?: Ending["retries"]): Ending =>
  ({ status, message, details, code, isAtSource, ...(retries === undefined ? {} : { retries }) })

/** Nothing of it is left at the destination: another is looked for, or that was all. */
export const undone = (of: Moving, ending: Ending, atMillis: number): Events => {
  const { migration, work } = of
  if (ending.retries === undefined) return stay(of, ending, ending.status, atMillis)
  const { excludedHosts } = work
  return advance(of, "select", atMillis, { status: "accepted", destination: null }, Limits.taskMillisMax, {
    attempt: work.attempt + 1, lastFailure: ending.message,
    excludedHosts: ending.retries === "anywhere" ? excludedHosts : [...excludedHosts, migration.destination!.host]
  })
}

export const retriesOf = ({ migration, work }: Moving, { isRetryable, mayStay }: Failure): Ending["retries"] => {
  if (isRetryable !== true || work.attempt >= Limits.buildAttemptsMax) return undefined
  return mayStay === true ? "anywhere" : migration.wish.host === null ? "elsewhere" : undefined
}

/** The scheduler's word. */
export const picked = (of: Moving, { availabilityZone, host, placement, ...place }: Extract<Outcome, { _tag: "Placed" }>, atMillis: number): Events => {
  const { flavor } = of.migration.wish
  return [{
    _tag: "DestinationPicked", destination: { host, availabilityZone, ...placeOf(place), ...(flavor === undefined ? {} : { flavor }) },
    ...(placement === undefined ? {} : { placement }), work: step(of, "prepare", atMillis), at: isoOf(atMillis)
  }]
}
