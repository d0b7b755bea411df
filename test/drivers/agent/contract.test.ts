import { Effect } from "effect"
import { driverContract } from "../contract.ts"
import { specOf } from "../specs.ts"
import { hypervisors, makeWorld, quiet, startAgent, startRunner, tempFolder, until } from "./world.ts"

let specs = 0

const subject = Effect.gen(function*() {
  const world = yield* makeWorld
  const runner = yield* startRunner(world)
  const { faults, fleet } = yield* hypervisors(["sim-1"])
  const { token } = yield* runner.credentials.create("sim-1")
  yield* startAgent(fleet, { control: [runner.url], tokens: new Map([["sim-1", token]]), folder: yield* tempFolder })
  yield* until(() => runner.fleet.hosts.length === 1)
  return {
    driver: runner.fleet.driver("sim-1")!,
    spec: () => specOf(++specs),
    printed: ({ hostname }: { readonly hostname: string }) => `${hostname} login:`,
    powerOffFromWithin: ({ id }: { readonly id: string }) => faults.changePower("sim-1", id, "shutdown")
  }
}).pipe(Effect.provide(quiet))

driverContract("a simulated host behind an agent", subject, { settle: 0 })
