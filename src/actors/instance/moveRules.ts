import { Limits } from "../../runtime/Limits.ts"
import type { Proof } from "../scheduler/proof/Proof.ts"
import { isoOf } from "../shared/time.ts"
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
  instance.migration != null && instance.work !== null && instance.work.action === "liveMigrate"

type Failure = { readonly message: string; readonly details: string | null; readonly code: number; readonly placement?: Proof; readonly isRetryable?: boolean; readonly mayStay?: boolean }
type Events = ReadonlyArray<InstanceEvent>

/** What it has of its host beside room. */
const placeOf = ({ allocations, devices, numa }: Pick<Instance, "allocations" | "devices" | "numa">) => ({
  ...(numa == null ? {} : { numa }), ...(devices == null ? {} : { devices }), ...(allocations === undefined ? {} : { allocations })
})

export const migrationOf = (instance: Instance, move: MoveRequest, request: Request): Migration => ({
  id: move.id,
  number: move.number,
  type: "live-migration",
  status: "accepted",
  source: { host: instance.host!, availabilityZone: instance.availabilityZone, ...placeOf(instance) },
  destination: null,
  wish: { host: move.host, isForced: move.isForced, copiesDisks: move.copiesDisks },
  requestId: request.requestId,
  userId: request.userId,
  projectId: request.projectId,
  createdAt: isoOf(request.atMillis),
  updatedAt: null
})

/** Nova's rule: so long for each GiB of memory, and never less than for two. */
const copyMillis = ({ flavor }: Instance): number => Limits.migrationGibMillisMax * Math.max(2, Math.ceil(flavor.ramMb / 1024))

const step = (of: Moving, to: Work["step"], atMillis: number, millis: number = Limits.taskMillisMax, more: Partial<Work> = {}) =>
  nextWork(of.work, to, atMillis, { deadlineMillis: atMillis + millis, ...more })

const advance = (
  of: Moving, to: Work["step"], atMillis: number,
  more: Omit<Partial<Extract<InstanceEvent, { _tag: "MoveAdvanced" }>>, "_tag" | "work"> = {}, millis?: number, work: Partial<Work> = {}
): Events => [{
  _tag: "MoveAdvanced", status: of.migration.status, ...more, work: step(of, to, atMillis, millis, work), at: isoOf(atMillis)
}]

const moved = (of: Moving, atMillis: number): Events => [{ _tag: "Moved", work: step(of, "finish", atMillis), at: isoOf(atMillis) }]

/** It stays where it is; what the move took is free again. */
const stay = (of: Moving, { code, details, message, placement }: Failure, status: MigrationStatus, atMillis: number): Events => {
  const at = isoOf(atMillis)
  return [{
    _tag: "TaskFailed", vmState: of.vmState, fault: { code, message, details, createdAt: at }, migrationStatus: status,
    ...(placement === undefined ? {} : { placement }), work: null, at
  }]
}

const undoing = (of: Moving, to: "abort" | "cancel", ending: Ending, atMillis: number): Events =>
  advance(of, to, atMillis, { ending }, Limits.moveUndoMillisMax)

type Ending = NonNullable<Migration["ending"]>

const endingOf = ({ code, details, message }: Failure, status: MigrationStatus, isAtSource: boolean, retries?: Ending["retries"]): Ending =>
  ({ status, message, details, code, isAtSource, ...(retries === undefined ? {} : { retries }) })

/** Nothing of it is left at the destination: another is looked for, or that was all. */
const undone = (of: Moving, ending: Ending, atMillis: number): Events => {
  const { migration, work } = of
  if (ending.retries === undefined) return stay(of, ending, ending.status, atMillis)
  const { excludedHosts } = work
  return advance(of, "select", atMillis, { status: "accepted", destination: null }, Limits.taskMillisMax, {
    attempt: work.attempt + 1, lastFailure: ending.message,
    excludedHosts: ending.retries === "anywhere" ? excludedHosts : [...excludedHosts, migration.destination!.host]
  })
}

const retriesOf = ({ migration, work }: Moving, { isRetryable, mayStay }: Failure): Ending["retries"] => {
  if (isRetryable !== true || work.attempt >= Limits.buildAttemptsMax) return undefined
  return mayStay === true ? "anywhere" : migration.wish.host === null ? "elsewhere" : undefined
}

/** A step of a live migration is done. `isHere`: of an undoing host, that the guest is on it. */
const done = (of: Moving, { isHere, target }: Extract<Outcome, { _tag: "Done" }>, atMillis: number): Events => {
  const { ending } = of.migration
  switch (of.work.step) {
    case "prepare":
      return advance(of, "migrate", atMillis, { status: "running", ...(target === undefined ? {} : { target }) }, copyMillis(of))
    case "migrate": return moved(of, atMillis)
    case "finish": return advance(of, "confirm", atMillis)
    case "confirm": return advance(of, "rebind", atMillis)
    case "abort":
      return isHere === false ? moved(of, atMillis) : undoing(of, "cancel", { ...ending!, isAtSource: true }, atMillis)
    case "cancel": return isHere === true ? moved(of, atMillis) : undone(of, ending!, atMillis)
    case "rebind":
      return ending === undefined
        ? [{ _tag: "TaskCompleted", at: isoOf(atMillis) }]
        : stay({ ...of, vmState: "error" }, ending, ending.status, atMillis)
    default: return []
  }
}

/**
 * A step failed, or nobody answered. Nobody asks a guest to be in two places: until it is known to be at the source, both
 * hosts are asked again and again; the server may be deleted meanwhile.
 */
const failed = (of: Moving, failure: Failure, isExpired: boolean, atMillis: number): Events => {
  const { ending } = of.migration
  switch (of.work.step) {
    case "select": return stay(of, failure, "error", atMillis)
    case "prepare": return undoing(of, "cancel", endingOf(failure, "error", true, retriesOf(of, failure)), atMillis)
    case "migrate": return undoing(of, "abort", endingOf(failure, "failed", false), atMillis)
    case "abort": return undoing(of, "cancel", ending!, atMillis)
    case "cancel":
      if (ending!.isAtSource) return undone(of, ending!, atMillis)
      return isExpired ? undoing(of, "abort", ending!, atMillis) : []
    case "finish": return advance(of, "confirm", atMillis, { ending: endingOf(failure, "error", false) })
    // What is left at the source is no reason to call the server broken.
    case "confirm": return advance(of, "rebind", atMillis)
    case "rebind": return done(of, { _tag: "Done" }, atMillis)
    default: return []
  }
}

export const moveAdvanced = (of: Moving, outcome: Outcome, atMillis: number): Events => {
  switch (outcome._tag) {
    case "Placed": {
      const { availabilityZone, host, placement } = outcome
      return [{
        _tag: "DestinationPicked", destination: { host, availabilityZone, ...placeOf(outcome) },
        ...(placement === undefined ? {} : { placement }), work: step(of, "prepare", atMillis), at: isoOf(atMillis)
      }]
    }
    case "Done": return done(of, outcome, atMillis)
    case "Failed": return failed(of, outcome, false, atMillis)
  }
}

export const moveExpired = (of: Moving, message: string, atMillis: number): Events =>
  failed(of, { message, details: null, code: 500 }, true, atMillis)

/** Somebody thought better of it. */
export const moveAborted = (of: Moving, atMillis: number): Events => {
  const failure: Failure = { message: "The live migration was cancelled.", details: null, code: 409 }
  switch (of.work.step) {
    case "select": return stay(of, failure, "cancelled", atMillis)
    case "prepare": return undoing(of, "cancel", endingOf(failure, "cancelled", true), atMillis)
    case "migrate": return undoing(of, "abort", endingOf(failure, "cancelled", false), atMillis)
    default: return []
  }
}
