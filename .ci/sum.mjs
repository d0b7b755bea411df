// The last line of CI: what passed and what failed, over the checks (one) and every test. A skip is a failure, but for
// the suites that compare with reference data beside the repository, where there is none.
import { existsSync, readFileSync } from "node:fs"

const [report, check] = process.argv.slice(2)

const read = () => {
  try {
    return JSON.parse(readFileSync(report, "utf8"))
  } catch (cause) {
    console.error(`no test report: ${cause.message}`)
    return undefined
  }
}

const tests = read()
const files = tests?.testResults ?? []
const cases = files.flatMap(({ assertionResults, name }) => assertionResults.map((one) => ({ ...one, file: name })))
const maySkip = !existsSync(process.env.KILONOVA_SHARED ?? "../shared")
const isSkipped = ({ status }) => status === "skipped" || status === "pending"
const skipped = maySkip ? cases.filter(isSkipped) : []
const bad = cases.filter((one) => one.status !== "passed" && !skipped.includes(one))
// A file that cannot even be read has no cases, and still has failed.
const broken = files.filter(({ assertionResults, status }) => status !== "passed" && assertionResults.every((one) => one.status === "passed" || isSkipped(one)))

if (skipped.length > 0) console.log(`without reference data ${skipped.length} tests were skipped`)
for (const { file, fullName, status } of bad) console.log(`${status}: ${file} > ${fullName}`)
for (const { message, name } of broken) console.log(`failed: ${name} ${message.split("\n")[0]}`)
if (check !== "0") console.log("failed: npm run check")

// No tests at all, or an error outside any test.
const isSilent = cases.length === 0 || (tests.success !== true && bad.length + broken.length === 0)
if (isSilent) console.log("failed: the test run itself")

const passed = cases.length - bad.length - skipped.length + (check === "0" ? 1 : 0)
const failed = bad.length + broken.length + (check === "0" ? 0 : 1) + (isSilent ? 1 : 0)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
