/** `npm run conformance`: how far the answers agree with those recorded of the reference. */
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { Effect, Logger } from "effect"
import { TestClock } from "effect/testing"
import { isRecorded, readTests, routeOf, usualFolder } from "./exchanges.ts"
import { replay, type Verdict } from "./replay.ts"
import { isOfShape, readSamples } from "./samples.ts"
import { details, table } from "./report.ts"

const help = `Usage: npm run conformance -- [--data FOLDER] [--show ROUTE] [--test NAME] [--samples]

Replays the recorded exchanges of FOLDER/nova-api/vectors/recorded-http.jsonl (default: ../shared, or KILONOVA_SHARED) on
clouds in memory, and counts for each route which answers agree. --show prints the differences of the routes whose name has
the text ("POST /servers", "" for all); --test replays only the recorded tests whose name has the text. --samples asks for
what the sample answers show, and compares keys and kinds alone.

"npm run conformance -- numa --help" tells of the rules of NUMA, pinning and CPU topology.`

const { values } = parseArgs({ options: { data: { type: "string" }, show: { type: "string" }, test: { type: "string" }, samples: { type: "boolean" }, help: { type: "boolean" } } })
const folder = values.data === undefined ? usualFolder : resolve(values.data)

const all = Effect.gen(function*() {
  const recorded = values.samples === true ? readSamples(folder) : readTests(folder)
  const tests = recorded.filter(([first]) => values.test === undefined || first!.t.includes(values.test))
  const wanted = values.show === undefined ? tests : tests.filter((test) => test.some((exchange) => routeOf(exchange).includes(values.show!)))
  const verdicts: Array<Verdict> = []
  for (const test of wanted) verdicts.push(...yield* replay(test))
  return values.samples === true ? verdicts.map((verdict) => ({ ...verdict, differences: verdict.differences.filter(isOfShape) })) : verdicts
})

if (values.help === true) console.log(help)
else if (!isRecorded(folder)) {
  console.error(`No recorded exchanges under ${folder}: name their folder with --data.`)
  process.exitCode = 2
} else {
  const verdicts = await Effect.runPromise(all.pipe(Effect.provide([TestClock.layer(), Logger.layer([])])))
  console.log(values.show === undefined ? table(verdicts) : details(verdicts, values.show))
}
