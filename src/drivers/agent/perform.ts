/** A call that came over the wire, made on the driver of this machine. */
import { Duration, Effect } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { Call, Driver, DriverError } from "../Driver.ts"
import { type Answer, DriverCall } from "./protocol.ts"

const done = (work: Effect.Effect<void, DriverError>): Effect.Effect<Answer, DriverError> => Effect.as(work, { _tag: "Done" })

export const perform = (driver: Driver, wanted: DriverCall, call: Call): Effect.Effect<Answer, DriverError> =>
  DriverCall.match(wanted, {
    inventory: () => Effect.map(driver.inventory, (inventory): Answer => ({ _tag: "Hardware", inventory })),
    list: () => Effect.map(driver.list, (domains): Answer => ({ _tag: "Domains", domains })),
    consoleLog: ({ id }) =>
      Effect.map(driver.consoleLog(id), (text): Answer => ({ _tag: "Text", text: text.slice(-Limits.agentTextCharsMax) })),
    spawn: ({ spec }) => done(driver.spawn(spec, call)),
    powerOn: ({ spec }) => done(driver.powerOn(spec, call)),
    powerOff: ({ graceMillis, id }) => done(driver.powerOff(id, Duration.millis(graceMillis), call)),
    reboot: ({ kind, spec }) => done(driver.reboot(spec, kind, call)),
    pause: ({ id }) => done(driver.pause(id, call)),
    unpause: ({ id }) => done(driver.unpause(id, call)),
    suspend: ({ id }) => done(driver.suspend(id, call)),
    resume: ({ spec }) => done(driver.resume(spec, call)),
    destroy: ({ id }) => done(driver.destroy(id, call)),
    prepareMigration: ({ copiesDisks, spec }) =>
      Effect.map(driver.prepareMigration(spec, copiesDisks, call), (target): Answer => ({ _tag: "Ready", target })),
    performMigration: ({ copiesDisks, spec, target }) => done(driver.performMigration(spec, { target, copiesDisks }, call)),
    finishMigration: ({ power, spec }) => done(driver.finishMigration(spec, power, call)),
    confirmMigration: ({ id, target }) => done(driver.confirmMigration(id, target, call)),
    abortMigration: ({ id }) => Effect.map(driver.abortMigration(id, call), (isHere): Answer => ({ _tag: "Aborted", isHere })),
    forceMigration: ({ id }) => done(driver.forceMigration(id, call))
  })

/** The server a call is about: its calls take turns. `null`: a question, or a word to a call under way, which need not wait. */
export const domainOf = (call: DriverCall): string | null =>
  "spec" in call ? call.spec.id : call._tag === "consoleLog" || call._tag === "forceMigration" || !("id" in call) ? null : call.id
