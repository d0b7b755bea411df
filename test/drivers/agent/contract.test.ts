import { Effect } from "effect"
import { driverContract } from "../contract.ts"
import { migrationContract } from "../migrationContract.ts"
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

/** `isApart`: each host is of an agent, and a world, of its own. */
const pair = (isApart: boolean) => Effect.gen(function*() {
  const names = ["sim-1", "sim-2"]
  const world = yield* makeWorld
  const runner = yield* startRunner(world)
  for (const hosts of isApart ? names.map((name) => [name]) : [names]) {
    const { fleet } = yield* hypervisors(hosts)
    const tokens = new Map<string, string>()
    for (const name of hosts) tokens.set(name, (yield* runner.credentials.create(name)).token)
    yield* startAgent(fleet, { control: [runner.url], tokens, folder: yield* tempFolder })
  }
  yield* until(() => runner.fleet.hosts.length === 2)
  const [source, destination] = names.map((name) => runner.fleet.driver(name)!)
  return { source: source!, destination: destination!, spec: () => specOf(++specs) }
}).pipe(Effect.provide(quiet))

migrationContract("hosts of one agent", pair(false), { settle: 0 })
migrationContract("hosts of two agents", pair(true), { settle: 0, goesWhenFinished: true })
