/** The `kilonova` command. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { run } from "../src/runtime/main/cli.ts"

run(process.argv.slice(2)).pipe(
  Effect.tap((code) => Effect.sync(() => process.exitCode = code)),
  NodeRuntime.runMain
)
