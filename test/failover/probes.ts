/** A few servers of which something is asked again and again: how long their actors did not answer. */
import { Effect, Fiber } from "effect"
import type { Scope } from "effect"
import { shardOf } from "../../src/runtime/cluster/ClusterOwnership.ts"
import type { Store } from "../../src/runtime/kernel/Store.ts"
import { isAnswer } from "./front.ts"
import type { Front } from "./front.ts"
import { longestGap } from "./load.ts"

interface Probe {
  readonly id: string
  /** The runner that owned it when the probing began. */
  readonly owner: string | null
  readonly answeredAtMillis: Array<number>
  readonly failures: Array<string>
}

export interface Probes {
  readonly probes: ReadonlyArray<Probe>
  readonly end: Effect.Effect<void>
  /** The longest that any of them, owned by that runner at first, did not answer: milliseconds. */
  readonly gapOf: (owner: string) => number
  readonly gap: () => number
  readonly failures: () => ReadonlyArray<string>
}

/** Whether the question before was answered or not: one runner that keeps it does not hide that others answer. */
const everyMillis = 400

/** Probes each of these servers, until the scope closes. */
export const startProbes = (front: Front, store: Store["Service"], ids: ReadonlyArray<string>): Effect.Effect<Probes, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const owners = yield* store.holders(ids.map(shardOf))
    const probes = ids.map((id, index): Probe => ({ id, owner: owners[index] ?? null, answeredAtMillis: [], failures: [] }))
    let count = 0
    const ask = (probe: Probe) =>
      Effect.sync(() => void (async () => {
        const path = `/compute/v2.1/servers/${probe.id}/metadata/probe`
        const { outcome } = await front.send({ method: "PUT", path, body: { meta: { probe: `${count++}` } } })
        if (isAnswer(outcome) && outcome.status === 200) probe.answeredAtMillis.push(performance.now())
        else probe.failures.push(isAnswer(outcome) ? `${outcome.status}` : outcome.why)
      })())
    const fibers = yield* Effect.forEach(probes, (probe) =>
      Effect.forkScoped(Effect.forever(Effect.andThen(ask(probe), Effect.sleep(everyMillis)))))
    const gap = (some: ReadonlyArray<Probe>) => Math.max(0, ...some.map(({ answeredAtMillis }) => longestGap(answeredAtMillis)))
    return {
      probes,
      end: Fiber.interruptAll(fibers),
      gapOf: (owner) => gap(probes.filter((probe) => probe.owner === owner)),
      gap: () => gap(probes),
      failures: () => probes.flatMap(({ failures }) => failures)
    }
  })
