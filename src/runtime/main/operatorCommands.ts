/** Commands that ask a running cloud what became of requests, and what would. */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Limits } from "../Limits.ts"
import { flag } from "./flags.ts"
import type { Given } from "./optionKinds.ts"
import { options } from "./options.ts"
import type { Asking, Boot } from "./operator.ts"

type Operating = typeof import("./operator.ts")

const which = "The cloud is that of OS_CLIENT_CONFIG_FILE and OS_CLOUD, else of the data folder"

const asking = {
  dataDir: flag("dataDir", options.dataDir),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print the answer of the API"), Flag.withDefault(false))
}
interface Asked {
  readonly dataDir: Option.Option<Given>
  readonly json: boolean
}
const askingOf = ({ dataDir, json }: Asked): Asking => ({
  isJson: json, dataDir: String(Option.getOrElse(dataDir, () => process.env["KILONOVA_DATA_DIR"] ?? options.dataDir.fallback))
})

type Draining = typeof import("./drainHost.ts")
const draining = <E>(act: (module: Draining) => Effect.Effect<void, E>) => Effect.flatMap(Effect.promise(() => import("./drainHost.ts")), act)

/** Loaded when it is needed. */
const operating = <E>(act: (module: Operating) => Effect.Effect<void, E>) => Effect.flatMap(Effect.promise(() => import("./operator.ts")), act)

const described = (text: string) => Command.withDescription(`${text}. ${which}`)
const optional = (name: string, metavar: string, meaning: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(meaning), Flag.optional)
const named = <K extends string>(key: K, value: Option.Option<string>): { readonly [P in K]?: string } =>
  Option.match(value, { onNone: () => ({}), onSome: (given) => ({ [key]: given }) as { readonly [P in K]: string } })

const flavor = Argument.String("flavor")
const server = Argument.String("server")
const host = Argument.String("host")
const boot = { flavor, image: optional("image", "ID", "Made of this image"), zone: optional("zone", "NAME", "In this availability zone") }
const bootOf = (given: { readonly flavor: string; readonly image: Option.Option<string>; readonly zone: Option.Option<string> }): Boot =>
  ({ flavor: given.flavor, ...named("image", given.image), ...named("availability_zone", given.zone) })

const again = Flag.Boolean("replay").pipe(
  Flag.withDescription("Ask once more for the server's last place, as if it had none, and say what has changed"), Flag.withDefault(false)
)
const explain = Command.make("explain", { ...asking, server, again }, ({ again: isReplay, server: id, ...given }) =>
  operating((module) => isReplay ? module.replay(id, askingOf(given)) : module.explain(id, askingOf(given)))
).pipe(described("Print why a server (by its name, its id or its request's) is where it is, or nowhere"))

const room = Command.make("room", { ...asking, ...boot }, (given) =>
  operating((module) => module.roomFor(bootOf(given), askingOf(given)))
).pipe(described("Print how many servers more of a flavor fit in each zone"))

const bootPlan = Command.make(
  "boot-plan",
  {
    ...asking, ...boot,
    count: Flag.Int("count").pipe(Flag.withDescription("So many at once (default 1)"), Flag.withDefault(1)),
    policy: Flag.Literals("group-policy", ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]).pipe(
      Flag.withDescription("In a new group with this policy"), Flag.optional
    )
  },
  ({ count, policy, ...given }) =>
    operating((module) => module.planBoot({ ...bootOf(given), count, ...named("group_policy", policy) }, askingOf(given)))
).pipe(described("Print where servers made by one request would go, or why not all fit; nothing is made"))

const migratePlan = Command.make(
  "migrate-plan", { ...asking, server, host: optional("host", "HOST", "To this host") },
  ({ host: to, server: id, ...given }) => operating((module) => module.planMigrate({ server: id, ...named("host", to) }, askingOf(given)))
).pipe(described("Print where a server would move, or why not; nothing is moved"))

const resizePlan = Command.make(
  "resize-plan",
  { ...asking, server, flavor, stays: Flag.Boolean("same-host").pipe(Flag.withDescription("It may stay on its host"), Flag.withDefault(false)) },
  ({ flavor: to, server: id, stays, ...given }) => operating((module) => module.planResize({ server: id, flavor: to, same_host: stays }, askingOf(given)))
).pipe(described("Print where a server would be with another flavor, or why nowhere; nothing is resized"))

const drainPlan = Command.make(
  "drain-plan", { ...asking, host, plan: optional("plan", "FILE", "Say what changed since this plan was printed with --json") },
  ({ host: name, plan, ...given }) => draining((module) => module.planDrain(name, Option.getOrNull(plan), askingOf(given)))
).pipe(described("Print by which moves a host can be emptied, or why not; nothing is moved"))

const drain = Command.make(
  "drain",
  {
    ...asking, host, plan: optional("plan", "FILE", "By this plan, as kilonova drain-plan HOST --json printed it; without, by one made now"),
    atOnce: Flag.Int("at-once").pipe(Flag.withDescription(`So many moves at a time (default ${Limits.drainMovesUsual})`), Flag.withDefault(Limits.drainMovesUsual)),
    execute: Flag.Boolean("execute").pipe(Flag.withDescription("It is meant: disable the host and move its servers"), Flag.withDefault(false))
  },
  ({ atOnce, execute, host: name, plan, ...given }) =>
    draining((module) => module.drainHost(name, { plan: Option.getOrNull(plan), atOnce, isMeant: execute }, askingOf(given)))
).pipe(described("Disable a host and move its servers elsewhere, move by move as planned, until it is empty or something is not as planned"))

export const operatorCommands = [explain, room, bootPlan, migratePlan, resizePlan, drainPlan, drain] as const
