/** What holds when flags, environment and file speak of the same options: flag, then environment, then file, then default. */
import { Result } from "effect"
import { flagOf, optionNames, options, variableOf } from "./options.ts"
import type { Given, Option, OptionName, Settings } from "./options.ts"

/** What each source said, unchecked. `file` is null without one. */
export interface Sources {
  readonly flags: { readonly [K in OptionName]?: Given }
  readonly environment: { readonly [variable: string]: string | undefined }
  readonly file: { readonly path: string; readonly values: { readonly [key: string]: unknown } } | null
}

/** Settings that passed, with the place each came from in words: `--port`, `KILONOVA_PORT`, `kilonova.toml`, `default`. */
export interface Resolved {
  readonly settings: Settings
  readonly origins: Readonly<Record<OptionName, string>>
}

interface Found {
  readonly value: unknown
  readonly origin: string
}

const fallback: Found = { value: undefined, origin: "default" }

const find = (name: OptionName, sources: Sources): Found => {
  const option: Option<unknown> = options[name]
  const variables = [variableOf(name), ...(option.otherVariable === undefined ? [] : [option.otherVariable])]
  const candidates: ReadonlyArray<Found> = [
    { value: sources.flags[name], origin: `--${flagOf(name)}` },
    // An empty variable is how shells and compose files say "not set".
    ...variables.map((origin) => ({ value: sources.environment[origin] || undefined, origin })),
    { value: option.isNotInFile ? undefined : sources.file?.values[flagOf(name)], origin: sources.file?.path ?? "" }
  ]
  return candidates.find(({ value }) => value !== undefined) ?? fallback
}

const isGiven = (value: unknown): value is Given => ["string", "number", "boolean"].includes(typeof value)

/** The place, with the option's name where the place alone does not say it. */
const label = (name: OptionName, origin: string): string =>
  /^(--|KILONOVA_)/.test(origin) ? origin : `${flagOf(name)} (${origin})`

/** A secret that breaks a rule is not repeated on the screen. */
const quote = (option: Option<unknown>, value: unknown): string => option.isSecret ? "" : `, not ${JSON.stringify(value)}`

const strangers = (file: Sources["file"]): ReadonlyArray<string> => {
  const known = new Set(optionNames.filter((name) => !("isNotInFile" in options[name])).map(flagOf))
  return Object.keys(file?.values ?? {})
    .filter((key) => !known.has(key))
    .map((key) => `${key} (${file?.path}) is not an option; known: ${[...known].join(", ")}`)
}

/** All the problems at once, one sentence each: option, source and rule. */
export const resolve = (sources: Sources): Result.Result<Resolved, ReadonlyArray<string>> => {
  const problems: Array<string> = [...strangers(sources.file)]
  const settings: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  for (const name of optionNames) {
    const option: Option<unknown> = options[name]
    const { value, origin } = find(name, sources)
    const read = origin === "default"
      ? Result.succeed(option.fallback)
      : isGiven(value) ? option.read(value) : Result.fail("must be a single value")
    if (Result.isFailure(read)) problems.push(`${label(name, origin)} ${read.failure}${quote(option, value)}`)
    else settings[name] = read.success
    origins[name] = origin
  }
  if (problems.length > 0) return Result.fail(problems)
  return Result.succeed({ settings: settings as unknown as Settings, origins: origins as Resolved["origins"] })
}

const shown = (option: Option<unknown>, value: unknown): string =>
  value === null ? "(none)" : option.isSecret ? "********" : String(value)

/** The listing of `kilonova config`: each option with its value, origin, default and meaning. */
export const describe = ({ origins, settings }: Resolved): string => {
  const rows = optionNames.map((name) => {
    const option: Option<unknown> = options[name]
    return {
      head: `${flagOf(name)} = ${shown(option, settings[name])}`,
      tail: [
        `from ${origins[name]}; default ${shown(option, option.fallback)}; --${flagOf(name)} ${option.metavar}, ${variableOf(name)}`,
        option.meaning
      ]
    }
  })
  return rows.map(({ head, tail }) => [head, ...tail.map((line) => `    ${line}`)].join("\n")).join("\n\n")
}
