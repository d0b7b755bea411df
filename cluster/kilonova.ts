/** The `kilonova` command. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { run } from "../src/runtime/main/cli.ts"

run(process.argv.slice(2)).pipe(
  Effect.tap((code) => Effect.sync(() => process.exitCode = code)),
  NodeRuntime.runMain
)
