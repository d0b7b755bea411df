import { Schema } from "effect"

/** Why the process ends before it serves: a sentence for the person at the terminal, and the exit code (2: wrong usage). */
export class StartError extends Schema.TaggedError<StartError>()("StartError", {
  message: Schema.String,
  exitCode: Schema.Int
}) {}

export const cannotStart = (message: string): StartError => new StartError({ message, exitCode: 1 })
export const wrongUsage = (problems: ReadonlyArray<string>): StartError =>
  new StartError({ message: problems.join("\n"), exitCode: 2 })
