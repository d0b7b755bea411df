import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { Fleet } from "../../../src/drivers/Driver.ts"
import { Faults } from "../../../src/drivers/simulated/Faults.ts"
import * as SimulatedFleet from "../../../src/drivers/simulated/SimulatedFleet.ts"
import { driverContract } from "../contract.ts"
import { migrationContract } from "../migrationContract.ts"
import { gpu } from "../../fixtures/devices.ts"
import { specOf } from "../specs.ts"

let specs = 0

const subject = Effect.map(Layer.build(SimulatedFleet.layer({ hosts: 1 })), (context) => {
  const fleet = Context.get(context, Fleet)
  const faults = Context.get(context, Faults)
  const hostname = fleet.hosts[0]!
  return {
    driver: fleet.driver(hostname)!,
    spec: () => specOf(++specs),
    printed: ({ hostname }: { readonly hostname: string }) => `${hostname} login:`,
    powerOffFromWithin: ({ id }: { readonly id: string }) => faults.changePower(hostname, id, "shutdown")
  }
})

driverContract("simulated", subject, { settle: 0 })

describe("a PCI device", () => {
  it.effect("is that of one guest that runs", () =>
    Effect.gen(function*() {
      const { driver, spec } = yield* subject
      const call = { epoch: 1 }
      const [one, two] = [spec(), spec()].map((made) => ({ ...made, devices: [{ ...gpu(1), alias: "gpu" }] }))
      yield* driver.spawn(one!, call)
      const refused = yield* Effect.flip(driver.spawn(two!, call))
      assert.strictEqual(refused.message, `cannot run ${two!.id}: PCI device 0000:01:00.0 is in use by ${one!.id}`)
      yield* driver.powerOff(one!.id, Duration.seconds(1), call)
      yield* driver.spawn(two!, call)
      assert.match((yield* Effect.flip(driver.powerOn(one!, call))).message, /is in use by/)
      yield* driver.destroy(two!.id, call)
      yield* driver.powerOn(one!, call)
    }))
})

migrationContract(
  "simulated hosts",
  Effect.map(Layer.build(SimulatedFleet.layer({ hosts: 2 })), (context) => {
    const [source, destination] = Context.get(context, Fleet).hosts.map((hostname) => Context.get(context, Fleet).driver(hostname)!)
    return { source: source!, destination: destination!, spec: () => specOf(++specs) }
  }),
  { settle: 0 }
)
