/** The command line. The flags of each command are the rows of its options' table. */
import { readFileSync } from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Option, Result } from "effect"
import { Argument, CliConfig, CliOutput, Command, Flag, GlobalFlag } from "effect/cli"
import { parse as parseToml } from "smol-toml"
import { type Flags, flagsOf } from "./flags.ts"
import { operatorCommands } from "./operatorCommands.ts"
import type { Table } from "./optionKinds.ts"
import { agentOptions, clusterOptions, type ClusterSettings, frontOptions, options, runnerOptions } from "./options.ts"
import { describe, resolve } from "./settings.ts"
import type { Resolved, Sources } from "./settings.ts"
import { StartError, wrongUsage } from "./StartError.ts"
import { version } from "./version.ts"

const readFile = (path: string): Effect.Effect<Sources["file"], StartError> =>
  Effect.try({
    try: () => ({ path, values: parseToml(readFileSync(path, "utf8")) }),
    catch: (cause) => wrongUsage([`${path} (--config) is not a readable TOML file: ${(cause as Error).message}`])
  })

const settingsOf = <T extends Table>(table: T, parsed: Flags<T>): Effect.Effect<Resolved<T>, StartError> =>
  Effect.gen(function*() {
    const given: Sources["flags"] = Object.fromEntries(
      Object.keys(table).map((name) => [name, Option.getOrUndefined(parsed[name]!)])
    )
    const path = given.config ?? process.env["KILONOVA_CONFIG"]
    const file = path === undefined || path === "" ? null : yield* readFile(String(path))
    const resolved = resolve(table, { flags: given, environment: process.env, file })
    return Result.isSuccess(resolved) ? resolved.success : yield* wrongUsage(resolved.failure)
  })

// Loaded when it is needed: `--help` and `config` answer without the cloud's code.
const start = (parsed: Flags<typeof options>) =>
  Effect.flatMap(settingsOf(options, parsed), ({ settings }) =>
    Effect.flatMap(Effect.promise(() => import("./start.ts")), (module) => module.start(settings)))

const runner = (parsed: Flags<typeof runnerOptions>) =>
  Effect.flatMap(settingsOf(runnerOptions, parsed), ({ settings }) =>
    Effect.flatMap(Effect.promise(() => import("./runner.ts")), (module) => module.runner(settings)))

const front = (parsed: Flags<typeof frontOptions>) =>
  Effect.flatMap(settingsOf(frontOptions, parsed), ({ settings }) =>
    Effect.flatMap(Effect.promise(() => import("./front.ts")), (module) => module.front(settings)))

const agent = (parsed: Flags<typeof agentOptions>) =>
  Effect.flatMap(settingsOf(agentOptions, parsed), ({ settings }) =>
    Effect.flatMap(
      Effect.promise(() => Promise.all([import("./agent.ts"), import("./telemetry.ts")])),
      ([module, { telemetry }]) => Effect.provide(module.agent(settings), telemetry(settings))
    ))

type Clustered = typeof import("./clusterClient.ts")

/** A command on the cluster that names hosts and prints what came of it. */
const onHosts = (name: string, description: string, act: (module: Clustered) => Clustered["token"]) =>
  Command.make(
    name,
    { ...flagsOf(clusterOptions), hosts: Argument.String("host").pipe(Argument.variadic({ min: 1 })) },
    ({ hosts, ...parsed }) =>
      Effect.gen(function*() {
        const { settings } = yield* settingsOf(clusterOptions, parsed)
        const module = yield* Effect.promise(() => import("./clusterClient.ts"))
        yield* Console.log(yield* act(module)(settings, hosts))
      })
  ).pipe(Command.withDescription(description))

const clusterStatus = Command.make(
  "status",
  { ...flagsOf(clusterOptions), json: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON"), Flag.withDefault(false)) },
  ({ json, ...parsed }) =>
    Effect.gen(function*() {
      const { settings } = yield* settingsOf(clusterOptions, parsed)
      const module = yield* Effect.promise(() => import("./clusterStatus.ts"))
      yield* module.clusterStatus(settings, json)
    })
).pipe(Command.withDescription("Print runners, shards, hosts, pending work and the store's durability; exit code 1 and a line for each thing that is wrong"))

const drain = Command.make(
  "drain",
  {
    ...flagsOf(clusterOptions),
    runner: Argument.String("runner"),
    undo: Flag.Boolean("undo").pipe(Flag.withDescription("Let it take shards again"), Flag.withDefault(false))
  },
  ({ runner: named, undo, ...parsed }) =>
    Effect.gen(function*() {
      const { settings } = yield* settingsOf(clusterOptions, parsed)
      const module = yield* Effect.promise(() => import("./drain.ts"))
      yield* module.drain(settings, named, undo)
    })
).pipe(Command.withDescription("Hand a runner's shards to the others, and wait until it has none; it stays up, and unready"))

const file = Argument.String("file")

/** A command on the cluster and one file. */
const onFile = (
  name: string,
  description: string,
  act: (settings: ClusterSettings, path: string) => Effect.Effect<void, StartError>
) =>
  Command.make(name, { ...flagsOf(clusterOptions), file }, ({ file: path, ...parsed }) =>
    Effect.flatMap(settingsOf(clusterOptions, parsed), ({ settings }) => act(settings, path))
  ).pipe(Command.withDescription(description))

const cluster = Command.make("cluster").pipe(
  Command.withDescription("What operators ask of a cluster"),
  Command.withSubcommands([
    onHosts("token", "Make a new credential for the agents of these hosts, and print it", (module) => module.token),
    onHosts("revoke", "End the credentials of these hosts' agents, and their connections", (module) => module.revoke),
    clusterStatus,
    drain,
    onFile("backup", "Write all that the cloud is, at one position of its journal, into a file; the cloud runs on", (settings, path) =>
      Effect.flatMap(Effect.promise(() => import("./backup.ts")), (module) => module.backup(settings, path))),
    onFile("restore", "Fill an empty store from a backup, on a new timeline", (settings, path) =>
      Effect.flatMap(Effect.promise(() => import("./restore.ts")), (module) => module.restore(settings, path))),
    Command.make("verify", { file }, ({ file: path }) =>
      Effect.flatMap(Effect.promise(() => import("./verify.ts")), (module) => module.verify(path))
    ).pipe(Command.withDescription("Check a backup's file from end to end, without a store"))
  ])
)

const kilonova = Command.make("kilonova", flagsOf(options), start).pipe(
  Command.withDescription("An OpenStack cloud: in one process, or as one of several"),
  Command.withSubcommands([
    Command.make("start", flagsOf(options), start).pipe(
      Command.withDescription("Run the cloud in the foreground (what kilonova does without a command)")
    ),
    Command.make("config", flagsOf(options), (parsed) =>
      Effect.flatMap(settingsOf(options, parsed), (resolved) => Console.log(describe(options, resolved)))
    ).pipe(Command.withDescription("Print every option: value, where it came from, default and meaning")),
    Command.make("runner", flagsOf(runnerOptions), runner).pipe(
      Command.withDescription("Run one of several processes of a cloud, on a shared Redis")
    ),
    Command.make("agent", flagsOf(agentOptions), agent).pipe(
      Command.withDescription("Drive the guests of this machine for a cluster")
    ),
    Command.make("front", flagsOf(frontOptions), front).pipe(
      Command.withDescription("One address for all runners of a cloud, where there is no load balancer")
    ),
    ...operatorCommands,
    cluster
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
