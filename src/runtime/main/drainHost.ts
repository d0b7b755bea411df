/** Emptying a host: by which moves, and moving. What cannot be done ends with exit code 1. */
import { readFileSync } from "node:fs"
import { Console, Effect, Schema } from "effect"
import { Limits } from "../Limits.ts"
import { answerOf } from "./cloudClient.ts"
import { type Asking, type Command, print, servers, whatIf } from "./operator.ts"
import { type StartError, wrongUsage } from "./StartError.ts"

const Move = Schema.Struct({ server: Schema.String, to: Schema.String })
const Plan = Schema.Struct({
  host: Schema.String,
  moves: Schema.Array(Move),
  stuck: Schema.Array(Schema.Struct({ server: Schema.String, why: Schema.String })),
  premises: Schema.Array(Schema.Unknown),
  changed: Schema.Array(Schema.String)
})
type Plan = typeof Plan.Type
const Planned = Schema.Struct({ drain: Plan })

/** A plan with all that it was printed with. */
interface Read {
  readonly raw: { readonly drain: object }
  readonly plan: Plan
}

const planIn = (file: string, host: string): Effect.Effect<Read, StartError> =>
  Effect.gen(function*() {
    const raw = yield* Effect.try({
      try: () => JSON.parse(readFileSync(file, "utf8")) as unknown,
      catch: (cause) => wrongUsage([`${file} (--plan) is no readable JSON: ${cause instanceof Error ? cause.message : String(cause)}`])
    })
    const { drain: plan } = yield* Effect.mapError(
      Schema.decodeUnknownEffect(Planned)(raw), () => wrongUsage([`${file} (--plan) is no plan: write one with kilonova drain-plan HOST --json`])
    )
    if (plan.host !== host) return yield* wrongUsage([`${file} (--plan) is a plan for ${plan.host}, not for ${host}`])
    return { raw: raw as Read["raw"], plan }
  })

const planned = (host: string, premises: ReadonlyArray<unknown>, asking: Asking): Effect.Effect<Read, StartError> =>
  Effect.map(whatIf(Planned, { drain: { host, premises } }, asking), ({ raw, read }) => ({ raw: raw as Read["raw"], plan: read.drain }))

const linesOf = ({ changed, host, moves, stuck }: Plan, earlier: string | null): ReadonlyArray<string> => [
  `${host} ${stuck.length === 0 ? "can" : "cannot"} be emptied`,
  ...moves.map(({ server, to }) => `  server ${server} to ${to}`),
  ...stuck.map(({ server, why }) => `  server ${server} stays: ${why}`),
  ...changed.map((one) => `  changed since ${earlier}: ${one}`)
]
const leftOn = ({ host, stuck }: Plan): string | null => stuck.length > 0 ? `${servers(stuck.length)} would stay on ${host}` : null

/** `earlier`: the file of a plan, of which is told what changed. */
export const planDrain = (host: string, earlier: string | null, asking: Asking): Command =>
  Effect.gen(function*() {
    const premises = earlier === null ? [] : (yield* planIn(earlier, host)).plan.premises
    const { plan, raw } = yield* planned(host, premises, asking)
    yield* print(asking, raw, linesOf(plan, earlier), leftOn(plan))
  })

const Step = Schema.Struct({
  drain: Schema.Struct({
    state: Schema.Literals(["running", "done", "stopped"]),
    done: Schema.Array(Schema.String),
    under_way: Schema.Array(Move),
    waiting: Schema.Array(Move),
    against: Schema.Array(Schema.String)
  })
})

/** What is new in this look at it. */
const progressOf = ({ moves }: Plan, told: Set<string>, { done, under_way }: typeof Step.Type["drain"]): ReadonlyArray<string> => [
  ...under_way.map(({ server, to }) => `server ${server} moves to ${to}`),
  ...moves.filter(({ server }) => done.includes(server)).map(({ server, to }) => `server ${server} is on ${to}, or gone`)
].filter((line) => !told.has(line) && told.add(line))

const carriedOut = (host: string, { plan, raw }: Read, atOnce: number, asking: Asking): Command => {
  const told = new Set<string>()
  const body = { drain: { ...raw.drain, at_once: atOnce } }
  const look: Command = Effect.gen(function*() {
    const { raw: shown, read: { drain: step } } = yield* answerOf(Step, { path: "/os-placement-explanations/drain", body }, asking.dataDir)
    if (!asking.isJson) for (const line of progressOf(plan, told, step)) yield* Console.log(line)
    if (step.state === "running") return yield* Effect.andThen(Effect.sleep(Limits.drainLookMillis), look)
    if (step.state === "done") return yield* print(asking, shown, [`${host} is empty; it stays disabled until openstack compute service set --enable ${host} nova-compute`])
    const left = `${servers(step.waiting.length)} not moved${step.under_way.length > 0 ? `; ${servers(step.under_way.length)} still on the way` : ""}`
    yield* print(asking, shown, [left], step.against.join("\n"))
  })
  return look
}

/** Moves a host's servers as planned: by this file, or by a plan of now. */
export const drainHost = (
  host: string, options: { readonly plan: string | null; readonly atOnce: number; readonly isMeant: boolean }, asking: Asking
): Command =>
  Effect.gen(function*() {
    if (!options.isMeant) return yield* wrongUsage([`kilonova drain moves servers and disables the host: see kilonova drain-plan ${host}, and then say --execute`])
    const read = options.plan === null ? yield* planned(host, [], asking) : yield* planIn(options.plan, host)
    const left = leftOn(read.plan)
    if (left !== null) return yield* print(asking, read.raw, linesOf(read.plan, null), `${left}: nothing is moved`)
    yield* carriedOut(host, read, options.atOnce, asking)
  })
