/**
 * CPU of a runner that only hears what another one commits: `node bench/cluster/follows.ts <redis url> <entries>`. It waits for
 * the first entry and then for as many as were asked for. One line of JSON.
 */
import { Deferred, Effect } from "effect"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { journal } from "./parts.ts"

const [url, count] = process.argv.slice(2)

const main = Effect.gen(function*() {
  const log = yield* Journal
  const done = yield* Deferred.make<void>()
  let heard = 0
  let cpu = process.cpuUsage()
  yield* log.project((entries) => {
    if (heard === 0) cpu = process.cpuUsage()
    heard += entries.length
    if (heard >= Number(count)) Deferred.doneUnsafe(done, Effect.void)
  })
  console.log("ready")
  yield* Deferred.await(done)
  const { system, user } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ cpuMicros: (system + user) / heard }))
})

await Effect.runPromise(Effect.scoped(main).pipe(Effect.provide(journal(url!))))
process.exit(0)
