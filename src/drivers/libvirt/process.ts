/** Programs of the host that the driver runs: never through a shell, never for ever. */
import { execFile } from "node:child_process"
import { Data, Effect } from "effect"

const outputBytesMax = 1_048_576

export class ProcessError extends Data.TaggedError("ProcessError")<{
  readonly program: string
  readonly message: string
}> {}

/** Runs a program and answers its output. Interruption and the time limit kill it. */
export const run = (
  program: string,
  args: ReadonlyArray<string>,
  limits: { readonly timeoutMillis: number }
): Effect.Effect<string, ProcessError> =>
  Effect.callback((resume) => {
    const child = execFile(
      program,
      [...args],
      { timeout: limits.timeoutMillis, killSignal: "SIGKILL", maxBuffer: outputBytesMax, env: { ...process.env, LC_ALL: "C" } },
      (error, stdout, stderr) =>
        resume(
          error === null
            ? Effect.succeed(stdout)
            : Effect.fail(new ProcessError({ program, message: stderr.trim() === "" ? error.message : stderr.trim() }))
        )
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })
