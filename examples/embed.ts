/**
 * A whole cloud inside a program: four simulated hosts, nothing on disk, and a typed client that speaks to it over HTTP
 * and over a socket. Run it with `npm run example`.
 */
import { Console, Effect, Schedule, Stream } from "effect"
import { Kilonova } from "kilonova"
import { KilonovaClient, layerHttp, layerSocket } from "kilonova/rpc"

const program = Effect.gen(function*() {
  const cloud = yield* Kilonova
  const access = { url: cloud.url!, token: yield* cloud.admin.token }

  const watching = Effect.gen(function*() {
    const client = yield* KilonovaClient
    yield* client.Events({ after: 0 }).pipe(
      Stream.tap((event) => Console.log(`event ${event.facts.join(", ")} → ${event.status}`)),
      Stream.takeUntil((event) => event.status === "DELETED"),
      Stream.runDrain
    )
  }).pipe(Effect.provide(layerSocket(access)))

  const working = Effect.gen(function*() {
    const client = yield* KilonovaClient
    const server = yield* client.CreateServer({ name: "embedded", flavorId: "1", networks: "none" })
    yield* Console.log(`created ${server.name}: ${server.status}`)
    const settled = client.GetServer({ id: server.id }).pipe(
      Effect.repeat({ until: (now) => now.taskState === null, schedule: Schedule.spaced("10 millis") })
    )
    yield* settled
    yield* client.ActOnServer({ id: server.id, action: "stop" })
    yield* Console.log(`stopped: ${(yield* settled).status}`)
    yield* Console.log(`listed: ${(yield* client.ListServers({})).map(({ name }) => name).join(", ")}`)
    yield* client.ActOnServer({ id: server.id, action: "delete" })
  }).pipe(Effect.provide(layerHttp(access)))

  yield* Effect.all([watching, working], { concurrency: "unbounded" })
})

Effect.runPromise(
  program.pipe(Effect.provide(Kilonova.layer({ fleet: { simulated: 4 } })), Effect.timeout("20 seconds"))
).then(() => console.log("done"), (error) => { console.error(error); process.exitCode = 1 })
