/** The example as a stranger's program meets it: built to JavaScript, imported by the package's own name. */
import { execFileSync } from "node:child_process"
import { join, resolve } from "node:path"
import { assert, describe, it } from "vitest"

const root = resolve(import.meta.dirname, "../..")
const run = (...args: ReadonlyArray<string>) => execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" })

describe("examples/embed.ts", () => {
  it("runs a cloud inside a program, acts on a server by HTTP and hears of it by socket", () => {
    run(join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json")
    const lines = run("examples/embed.ts").trim().split("\n")
    const said = lines.filter((line) => !line.startsWith("event "))
    assert.deepStrictEqual(said, ["created embedded: BUILD", "stopped: SHUTOFF", "listed: embedded", "done"])
    assert.deepStrictEqual(lines.filter((line) => line.startsWith("event ")), [
      "event Created → BUILD",
      "event Placed → BUILD",
      "event TaskCompleted → ACTIVE",
      "event ActionAccepted → ACTIVE",
      "event TaskCompleted → SHUTOFF",
      "event ActionAccepted → SHUTOFF",
      "event StepCompleted → SHUTOFF",
      "event TaskCompleted → DELETED"
    ])
  }, 60_000)
})
