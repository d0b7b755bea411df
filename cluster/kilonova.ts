/** The `kilonova` command. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Exit } from "effect"
import { run } from "../src/runtime/main/cli.ts"

NodeRuntime.runMain(run(process.argv.slice(2)), {
  // A service that is told to stop, and does, has done well.
  teardown: (exit, end) => end(Exit.isSuccess(exit) ? Number(exit.value) : Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
})
