/** Lets guests that exist only in the agent's process outlive it: a call is answered once what it changed is in a file. */
import { readFileSync } from "node:fs"
import { Effect, Option, Schema, Stream } from "effect"
import type { DomainStatus, Driver, DriverError, Fleet } from "../Driver.ts"
import { fileOfHost } from "./agentHost.ts"
import { writeWhole } from "./hostMemory.ts"
import { Domain } from "./shapes.ts"

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Domain)))

const fileOf = (folder: string, hostname: string): string => fileOfHost(folder, hostname, "guests.json")

/** The guests a host had when the last process ended; throws where their file is damaged. */
export const survivorsIn = (folder: string) => (hostname: string): ReadonlyArray<DomainStatus> => {
  const path = fileOf(folder, hostname)
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch {
    return []
  }
  const kept = decode(text)
  if (Option.isNone(kept)) throw new Error(`${path} is damaged: it said which simulated guests run. Remove it to begin without any`)
  return kept.value
}

const keeping = (driver: Driver, keep: Effect.Effect<void, DriverError>): Driver => ({
  capabilities: driver.capabilities,
  inventory: driver.inventory,
  list: driver.list,
  events: driver.events,
  consoleLog: (id) => driver.consoleLog(id),
  spawn: (spec, call) => Effect.andThen(driver.spawn(spec, call), keep),
  powerOn: (spec, call) => Effect.andThen(driver.powerOn(spec, call), keep),
  powerOff: (id, grace, call) => Effect.andThen(driver.powerOff(id, grace, call), keep),
  reboot: (spec, kind, call) => Effect.andThen(driver.reboot(spec, kind, call), keep),
  pause: (id, call) => Effect.andThen(driver.pause(id, call), keep),
  unpause: (id, call) => Effect.andThen(driver.unpause(id, call), keep),
  suspend: (id, call) => Effect.andThen(driver.suspend(id, call), keep),
  resume: (spec, call) => Effect.andThen(driver.resume(spec, call), keep),
  destroy: (id, call) => Effect.andThen(driver.destroy(id, call), keep),
  prepareMigration: (spec, copiesDisks, call) => driver.prepareMigration(spec, copiesDisks, call),
  performMigration: (spec, options, call) => Effect.andThen(driver.performMigration(spec, options, call), keep),
  finishMigration: (spec, power, call) => Effect.andThen(driver.finishMigration(spec, power, call), keep),
  confirmMigration: (id, target, call) => driver.confirmMigration(id, target, call),
  abortMigration: (id, call) => driver.abortMigration(id, call),
  forceMigration: (id, call) => driver.forceMigration(id, call)
})

/** The same fleet, whose guests `survivorsIn` finds again. */
export const keepingGuests = (fleet: Fleet["Service"], folder: string): Fleet["Service"] => {
  const made = new Map<string, Driver>()
  const keep = (hostname: string, driver: Driver): Effect.Effect<void, DriverError> =>
    Effect.map(driver.list, (guests) => writeWhole(fileOf(folder, hostname), JSON.stringify(guests), { flush: false }))
  const driver = (hostname: string): Driver | undefined => {
    const found = made.get(hostname)
    const real = found === undefined ? fleet.driver(hostname) : undefined
    if (found !== undefined || real === undefined) return found
    const wrapped = keeping(real, keep(hostname, real))
    made.set(hostname, wrapped)
    return wrapped
  }
  return {
    hosts: fleet.hosts,
    arrivals: fleet.arrivals,
    isUp: fleet.isUp,
    driver,
    events: fleet.events.pipe(Stream.tap(({ hostname }) => {
      const real = fleet.driver(hostname)
      return real === undefined ? Effect.void : Effect.ignore(keep(hostname, real), { log: "Warn" })
    }))
  }
}
