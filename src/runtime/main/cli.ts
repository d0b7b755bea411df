/** The command line: `kilonova [start]`, `kilonova config`. Its flags are the rows of the options' table. */
import { readFileSync } from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Option, Result } from "effect"
import { CliConfig, CliOutput, Command, Flag, GlobalFlag } from "effect/cli"
import { parse as parseToml } from "smol-toml"
import { flagOf, optionNames, options } from "./options.ts"
import type { Given, Option as OptionRow, OptionName } from "./options.ts"
import { describe, resolve } from "./settings.ts"
import type { Resolved, Sources } from "./settings.ts"
import { StartError, wrongUsage } from "./StartError.ts"
import { version } from "./version.ts"

type Flags = { readonly [K in OptionName]: Option.Option<Given> }

// Every flag is read as text: one table checks what flags, environment and file say, and words the complaint once.
const flag = (name: OptionName): Flag.Flag<Option.Option<Given>> => {
  const row: OptionRow<unknown> = options[name]
  const given: Flag.Flag<Given> = row.isSwitch ? Flag.Boolean(flagOf(name)) : Flag.String(flagOf(name))
  const fallback = row.isSwitch
    ? ` (--no-${flagOf(name)}: do not)`
    : row.fallback === null ? "" : ` (default ${String(row.fallback)})`
  return given.pipe(
    Flag.withDescription(`${row.meaning}${fallback}`),
    row.isSwitch ? (self) => self : Flag.withMetavar(row.metavar),
    Flag.optional
  )
}

const flags = Object.fromEntries(optionNames.map((name) => [name, flag(name)])) as {
  readonly [K in OptionName]: Flag.Flag<Option.Option<Given>>
}

const readFile = (path: string): Effect.Effect<Sources["file"], StartError> =>
  Effect.try({
    try: () => ({ path, values: parseToml(readFileSync(path, "utf8")) }),
    catch: (cause) => wrongUsage([`${path} (--config) is not a readable TOML file: ${(cause as Error).message}`])
  })

const settingsOf = (parsed: Flags): Effect.Effect<Resolved, StartError> =>
  Effect.gen(function*() {
    const given = Object.fromEntries(
      optionNames.flatMap((name) => Option.isSome(parsed[name]) ? [[name, parsed[name].value]] : [])
    ) as Sources["flags"]
    const path = given.config ?? process.env["KILONOVA_CONFIG"]
    const file = path === undefined || path === "" ? null : yield* readFile(String(path))
    const resolved = resolve({ flags: given, environment: process.env, file })
    return Result.isSuccess(resolved) ? resolved.success : yield* wrongUsage(resolved.failure)
  })

// Loaded when it is needed: `--help` and `config` answer without the cloud's code.
const start = (resolved: Resolved) =>
  Effect.promise(() => import("./start.ts")).pipe(Effect.flatMap((module) => module.start(resolved.settings)))

const root = Command.make("kilonova").pipe(
  Command.withSharedFlags(flags),
  Command.withHandler((parsed) => Effect.flatMap(settingsOf(parsed), start)),
  Command.withDescription("An OpenStack cloud in one process")
)

const kilonova = root.pipe(
  Command.withSubcommands([
    Command.make("start", {}, () => root.pipe(Effect.flatMap(settingsOf), Effect.flatMap(start))).pipe(
      Command.withDescription("Run the cloud in the foreground (what kilonova does without a command)")
    ),
    Command.make("config", {}, () =>
      root.pipe(Effect.flatMap(settingsOf), Effect.flatMap((resolved) => Console.log(describe(resolved))))
    ).pipe(Command.withDescription("Print every option: value, where it came from, default and meaning"))
  ])
)

// A wrong flag is answered with what is wrong; the whole help is there for who asks.
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "Help" && event.reason === "Implicit" ? Effect.void : CliOutput.defaultPresenter.present(event)
}

const complain = (error: StartError): Effect.Effect<number> =>
  Console.error(error.message.replaceAll(/^/gm, "kilonova: ") + (error.exitCode === 2 ? "\nSee kilonova --help" : "")).pipe(
    Effect.as(error.exitCode)
  )

/** Runs one command line to its end and answers the exit code. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<number> =>
  Command.runWith(kilonova, { version, renderErrors: false })(args).pipe(
    Effect.as(0),
    Effect.catchTag("StartError", complain),
    Effect.catch((error) =>
      error._tag === "ShowHelp"
        ? error.errors.length === 0 ? Effect.succeed(0) : complain(wrongUsage(error.errors.map((one) => one.message)))
        : complain(wrongUsage([error.message]))
    ),
    Effect.provide(
      Layer.mergeAll(
        NodeServices.layer,
        CliOutput.layerPresenter(presenter),
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
      )
    )
  )
