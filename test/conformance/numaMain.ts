/** `npm run conformance -- numa`: how far our rules of NUMA, pinning and CPU topology agree with the reference's recorded answers. */
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { usualFolder } from "./exchanges.ts"
import { numaReport } from "./numa.ts"

const help = `Usage: npm run conformance -- numa [--data FOLDER] [--show N]

Compares our answers with FOLDER/vectors/numa-constraints.jsonl, numa-fit.jsonl and cpu-topology.jsonl (default:
../shared/nova-api). --show prints up to N rows of each file that differ (default: 5). Fails where fewer than 98 % agree.`

const { values } = parseArgs({ options: { data: { type: "string" }, show: { type: "string", default: "5" }, help: { type: "boolean" } } })

if (values.help === true) console.log(help)
else if (!/^\d+$/.test(values.show)) {
  console.error(`--show is '${values.show}', it must be a whole number of rows.`)
  process.exitCode = 2
} else {
  const { ok, text } = numaReport(values.data === undefined ? join(usualFolder, "nova-api") : resolve(values.data), Number(values.show))
  console.log(text)
  process.exitCode = ok ? 0 : 1
}
