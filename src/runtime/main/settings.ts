/** What holds when flags, environment and file speak of the same options: flag, then environment, then file, then default. */
import { Result } from "effect"
import { asOneList, flagOf, type Given, type Option, type SettingsOf, type Table, variableOf } from "./optionKinds.ts"

/** What each source said, unchecked. `file` is null without one. */
export interface Sources {
  readonly flags: { readonly [name: string]: Given | undefined }
  readonly environment: { readonly [variable: string]: string | undefined }
  readonly file: { readonly path: string; readonly values: { readonly [key: string]: unknown } } | null
}

/** Settings that passed, with the place each came from in words: `--port`, `KILONOVA_PORT`, `kilonova.toml`, `default`. */
export interface Resolved<T extends Table> {
  readonly settings: SettingsOf<T>
  readonly origins: { readonly [K in keyof T]: string }
}

interface Found {
  readonly value: unknown
  readonly origin: string
}

const fallback: Found = { value: undefined, origin: "default" }

const inFile = (option: Option<unknown>, value: unknown): unknown =>
  option.isList && typeof value === "object" && value !== null ? asOneList(Array.isArray(value) ? value : [value]) : value

const find = (name: string, option: Option<unknown>, sources: Sources): Found => {
  const variables = [variableOf(name), ...(option.otherVariable === undefined ? [] : [option.otherVariable])]
  const candidates: ReadonlyArray<Found> = [
    { value: sources.flags[name], origin: `--${flagOf(name)}` },
    // An empty variable is how shells and compose files say "not set".
    ...variables.map((origin) => ({ value: sources.environment[origin] || undefined, origin })),
    { value: option.isNotInFile ? undefined : inFile(option, sources.file?.values[flagOf(name)]), origin: sources.file?.path ?? "" }
  ]
  return candidates.find(({ value }) => value !== undefined) ?? fallback
}

const isGiven = (value: unknown): value is Given => ["string", "number", "boolean"].includes(typeof value)

/** The place, with the option's name where the place alone does not say it. */
const label = (name: string, origin: string): string =>
  /^(--|KILONOVA_)/.test(origin) ? origin : `${flagOf(name)} (${origin})`

/** A secret that breaks a rule is not repeated on the screen. */
const quote = (option: Option<unknown>, value: unknown): string => option.isSecret ? "" : `, not ${JSON.stringify(value)}`

const strangers = (table: Table, file: Sources["file"]): ReadonlyArray<string> => {
  const known = new Set(Object.keys(table).filter((name) => !table[name]!.isNotInFile).map(flagOf))
  return Object.keys(file?.values ?? {})
    .filter((key) => !known.has(key))
    .map((key) => `${key} (${file?.path}) is not an option; known: ${[...known].join(", ")}`)
}

/** All the problems at once, one sentence each: option, source and rule. */
export const resolve = <T extends Table>(table: T, sources: Sources): Result.Result<Resolved<T>, ReadonlyArray<string>> => {
  const problems: Array<string> = [...strangers(table, sources.file)]
  const settings: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  for (const [name, option] of Object.entries(table)) {
    const { value, origin } = find(name, option, sources)
    const read = origin === "default"
      ? Result.succeed(option.fallback)
      : isGiven(value) ? option.read(value) : Result.fail("must be a single value")
    if (Result.isFailure(read)) problems.push(`${label(name, origin)} ${read.failure}${quote(option, value)}`)
    else settings[name] = read.success
    origins[name] = origin
  }
  if (problems.length > 0) return Result.fail(problems)
  return Result.succeed({ settings: settings as SettingsOf<T>, origins: origins as Resolved<T>["origins"] })
}

const shown = (option: Option<unknown>, value: unknown): string =>
  value === null ? "(none)" : option.isSecret ? "********" : String(value)

/** The listing of `kilonova config`: each option with its value, origin, default and meaning. */
export const describe = <T extends Table>(table: T, { origins, settings }: Resolved<T>): string => {
  const rows = Object.entries(table).map(([name, option]) => {
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
