/** Gauges that are read when somebody scrapes them, and agents that come: what a runner's actors and agents are about. */
import { Effect, Metric, Stream } from "effect"
import { Step } from "../../actors/instance/Instance.ts"
import { Fleet } from "../../drivers/Driver.ts"
import { InstanceIndex } from "../kernel/InstanceIndex.ts"

const pendingSteps = Metric.gauge("kilonova_pending_steps", { description: "Servers of the cloud whose work is in flight, by its step" })
const servers = Metric.gauge("kilonova_servers", { description: "Servers of the cloud that this process knows, with those deleted lately" })
const attachments = Metric.counter("kilonova_agent_attachments", { description: "Agents that attached here, by whether they did before", incremental: true })

const fixed = (value: () => number) => ({ get: () => ({ value: value() }), update: () => {}, modify: () => {} })

/** Nothing is counted until somebody asks. */
const gauges = Effect.gen(function*() {
  const index = yield* InstanceIndex
  const context = yield* Effect.context<never>()
  const countOf = (step: Step): number => {
    let count = 0
    for (const { work } of index.pending()) if (work?.step === step) count++
    return count
  }
  const registered = [
    Metric.registerUnsafe(servers, context, fixed(() => index.size())),
    ...Step.literals.map((step) =>
      Metric.registerUnsafe(Metric.withAttributes(pendingSteps, { step }), context, fixed(() => countOf(step))))
  ]
  yield* Effect.addFinalizer(() => Effect.sync(() => registered.forEach(({ remove }) => remove())))
})

/** A host that comes again has lost its agent's connection, or was moved away and back. */
const arrivals = Effect.gen(function*() {
  const fleet = yield* Fleet
  const context = yield* Effect.context<never>()
  const known = new Set<string>()
  const [first, again] = ["first", "again"].map((attachment) => Metric.withAttributes(attachments, { attachment }))
  for (const counter of [first!, again!]) counter.updateUnsafe(0, context)
  yield* Effect.forkScoped(Stream.runForEach(fleet.arrivals, (hostname) =>
    Effect.sync(() => {
      const counter = known.has(hostname) ? again! : first!
      known.add(hostname)
      counter.updateUnsafe(1, context)
    })), { startImmediately: true })
})

export const register = Effect.andThen(gauges, arrivals)
