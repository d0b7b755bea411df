import { Duration, Effect } from "effect"
import type { Call, DomainSpec, Driver } from "../../drivers/Driver.ts"
import { DriverError } from "../../drivers/Driver.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Instance, Step } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import { isMoveAction } from "../instance/lifecycle.ts"
import { powerStates } from "../instance/states.ts"

/** What a step came to, beside that it is done. */
export type Report = Omit<Extract<Outcome, { readonly _tag: "Done" }>, "_tag">

interface Part {
  readonly driver: Driver
  readonly instance: Instance
  /** As it is to be at the destination; of a guest that is off while it moves, as it is at the end whose part this is. */
  readonly spec: Effect.Effect<DomainSpec, DriverError>
  readonly call: Call
}

const nothing: Report = {}

/** Nova's words for what is known before anything was done. */
const cannot = (why: string) =>
  new DriverError({ operation: "migrate", message: `Migration pre-check error: ${why}`, isRetryable: true })

const able = ({ driver }: Part) =>
  driver.capabilities.liveMigration === true ? Effect.void : Effect.fail(cannot("the host's driver does not move servers that run"))
const ableCold = ({ driver }: Part) =>
  driver.capabilities.coldMigration === true ? Effect.void : Effect.fail(cannot("the host's driver does not move servers' disks"))

/** A driver that moves nothing has nothing to undo: it has the guest, or it has not. */
const undo = ({ call, driver, instance: { id } }: Part): Effect.Effect<Report, DriverError> =>
  driver.capabilities.liveMigration === true
    ? Effect.map(driver.abortMigration(id, call), (isHere) => ({ isHere }))
    : Effect.map(driver.list, (guests) => ({ isHere: guests.some((guest) => guest.id === id) }))

const isOff = ({ powerState }: Instance): boolean => powerState === powerStates.shutdown

/**
 * + ready at the destination   - undo there
 * + sent by the source         - undo there; where the guest is then, it stays
 * + finished at the destination
 * + confirmed at the source
 */
const liveSteps: { readonly [S in Step]?: (part: Part) => Effect.Effect<Report, DriverError> } = {
  prepare: (part) => {
    const { call, driver, instance, spec } = part
    const copiesDisks = instance.migration?.wish.copiesDisks ?? null
    return Effect.andThen(able(part), Effect.flatMap(spec, (made) => driver.prepareMigration(made, copiesDisks, call))).pipe(
      Effect.map((target) => ({ target }))
    )
  },
  migrate: (part) => {
    const { call, driver, instance: { migration }, spec } = part
    const options = { target: migration?.target ?? "", copiesDisks: migration?.wish.copiesDisks ?? null }
    return Effect.andThen(able(part), Effect.flatMap(spec, (made) => driver.performMigration(made, options, call))).pipe(Effect.as(nothing))
  },
  finish: ({ call, driver, instance: { powerState }, spec }) =>
    Effect.flatMap(spec, (made) =>
      driver.finishMigration(made, powerState === powerStates.paused ? "paused" : "running", call)).pipe(Effect.as(nothing)),
  confirm: ({ call, driver, instance: { id, migration } }) =>
    Effect.as(driver.confirmMigration(id, migration?.target ?? "", call), nothing),
  abort: undo,
  cancel: undo,
  sweep: ({ call, driver, instance: { id } }) => Effect.as(driver.destroy(id, call), nothing)
}

/**
 * + off at the source          - on again, if it was
 * + made at the destination    - destroyed
 * The source has its guest until that is confirmed.
 */
const coldSteps: typeof liveSteps = {
  prepare: (part) => Effect.as(ableCold(part), nothing),
  migrate: (part) => {
    const { call, driver, instance } = part
    const off = isOff(instance) ? Effect.void : driver.powerOff(instance.id, Duration.millis(Limits.guestShutdownMillis), call)
    return Effect.as(Effect.andThen(ableCold(part), off), nothing)
  },
  finish: ({ call, driver, instance, spec }) =>
    Effect.flatMap(spec, (made) => driver.spawn(made, call)).pipe(
      Effect.andThen(isOff(instance) ? driver.powerOff(instance.id, Duration.zero, call) : Effect.void),
      Effect.as(nothing)
    ),
  abort: ({ call, driver, instance, spec }) =>
    Effect.as(isOff(instance) ? Effect.void : Effect.flatMap(spec, (made) => driver.powerOn(made, call)), nothing),
  cancel: ({ call, driver, instance: { id } }) => Effect.as(driver.destroy(id, call), nothing),
  confirm: ({ call, driver, instance: { id } }) => Effect.as(driver.destroy(id, call), nothing)
}

/** What a step of a move means to its host; `undefined`: it is of no move. */
export const moveStepOf = (action: string, step: Step): ((part: Part) => Effect.Effect<Report, DriverError>) | undefined =>
  (isMoveAction(action) && action !== "liveMigrate" ? coldSteps : liveSteps)[step]
