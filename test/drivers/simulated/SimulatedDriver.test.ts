import { Context, Effect, Layer } from "effect"
import { Fleet } from "../../../src/drivers/Driver.ts"
import { Faults } from "../../../src/drivers/simulated/Faults.ts"
import * as SimulatedFleet from "../../../src/drivers/simulated/SimulatedFleet.ts"
import { driverContract } from "../contract.ts"
import { migrationContract } from "../migrationContract.ts"
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

migrationContract(
  "simulated hosts",
  Effect.map(Layer.build(SimulatedFleet.layer({ hosts: 2 })), (context) => {
    const [source, destination] = Context.get(context, Fleet).hosts.map((hostname) => Context.get(context, Fleet).driver(hostname)!)
    return { source: source!, destination: destination!, spec: () => specOf(++specs) }
  }),
  { settle: 0 }
)
