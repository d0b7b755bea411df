/** The rules of a migration, a resize and of what decides them, walked to every end they have. */
import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { decide } from "../../../src/actors/instance/decide.ts"
import { doerOf } from "../../../src/actors/instance/doer.ts"
import { evolve } from "../../../src/actors/instance/evolve.ts"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { Action, Command, Outcome } from "../../../src/actors/instance/InstanceCommand.ts"
import { presencesOf } from "../../../src/actors/instance/presences.ts"
import { anInstance, noon, request } from "../../fixtures/instances.ts"

const run = (instance: Instance, command: Command): Instance =>
  Result.getOrThrow(decide(instance.id, instance, command)).reduce<Instance>((before, event) => evolve(before, event), instance)
const flavor = { ...anInstance().flavor, id: "big", vcpus: 4 }
const resize: Command = {
  _tag: "Perform", action: "resize", request: request({ requestId: "req-resize" }),
  move: { id: "m-1", number: 7, host: null, isForced: false, copiesDisks: null, type: "resize", flavor }
}
const act = (action: typeof Action.Type): Command => ({ _tag: "Perform", action, request: request({ requestId: `req-${action}` }) })
const tell = (instance: Instance, outcome: Outcome): Command =>
  ({ _tag: "Advance", generation: instance.generation, outcome, atMillis: noon + 1000, promises: [] })
const failed = (isRetryable: boolean): Outcome => ({ _tag: "Failed", message: "it broke", details: null, code: 500, isRetryable })
const placed: Outcome = { _tag: "Placed", host: "host-2", availabilityZone: "far", nics: [] }

interface Visit {
  readonly state: Instance
  readonly path: string
}
const shapeOf = ({ flavor: { id }, host, migration, migrations, taskState, vmState, work }: Instance) =>
  JSON.stringify([id, host, vmState, taskState, work?.action, work?.step, work?.attempt, migration, migrations?.at(-1)?.status])

/** Every state that can be reached from the request, with a word on it wherever one is taken. */
const reachedFrom = (first: Instance): ReadonlyArray<Visit> => {
  const seen = new Map<string, Visit>()
  const queue: Array<Visit> = [{ state: first, path: "" }]
  for (let visit = queue.pop(); visit !== undefined; visit = queue.pop()) {
    const { path, state } = visit
    if (seen.has(shapeOf(state))) continue
    seen.set(shapeOf(state), visit)
    if (state.work === null) {
      for (const action of ["confirmResize", "revertResize"] as const) {
        if (state.vmState === "resized") queue.push({ state: run({ ...state, actions: [] }, act(action)), path: `${path} ${action}` })
      }
      continue
    }
    const outcomes = state.work.step === "select" ? [placed, failed(false)] : [{ _tag: "Done" } as const, failed(true), failed(false)]
    const next: ReadonlyArray<readonly [string, Command]> = [
      ...outcomes.map((outcome) => [`${outcome._tag}`, tell(state, outcome)] as const),
      ["expire", { _tag: "Expire", generation: state.generation, atMillis: noon + 1000 }]
    ]
    for (const [what, command] of next) queue.push({ state: run(state, command), path: `${path} ${state.work.step}:${what}` })
  }
  return [...seen.values()]
}
const running = reachedFrom(run(anInstance(), resize))
const off = reachedFrom(run(anInstance({ vmState: "stopped", powerState: 4 }), resize))
const endsOf = (visits: ReadonlyArray<Visit>) => [...new Set(visits.filter(({ state }) => state.work === null).map(({ state }) =>
  `${state.vmState} on ${state.host} as ${state.flavor.id}: ${state.migration?.status ?? state.migrations?.at(-1)?.status}`))].sort()

describe("a resize", () => {
  it("ends in few ways, or waits to be decided", () => {
    assert.deepStrictEqual(endsOf(running), [
      "active on host-1 as 1: error", "active on host-1 as 1: reverted", "active on host-2 as big: confirmed", "error on host-1 as 1: error",
      "resized on host-2 as big: finished"
    ])
    assert.deepStrictEqual(endsOf(off), [
      "error on host-1 as 1: error", "resized on host-2 as big: finished", "stopped on host-1 as 1: error", "stopped on host-1 as 1: reverted",
      "stopped on host-2 as big: confirmed"
    ])
  })

  it("holds its own place and the new one, each by its flavor, until it is decided", () => {
    for (const { path, state } of running) {
      const held = presencesOf(state).map(({ flavor: { id }, host }) => `${host} ${id}`).sort()
      if (state.migration?.destination == null) assert.strictEqual(held.length, 1, path)
      else assert.deepStrictEqual(held, ["host-1 1", "host-2 big"], path)
      if (state.work === null && state.vmState !== "resized") assert.isNull(state.migration ?? null, path)
    }
  })

  it("is deleted on both hosts at every step", () => {
    for (const { path, state } of running) {
      let now = run({ ...state, actions: [] }, act("delete"))
      const visited: Array<string> = []
      while (now.work !== null) {
        const { id, type } = doerOf(now)
        if (type === "Host") visited.push(id)
        now = run(now, tell(now, { _tag: "Done" }))
      }
      assert.deepStrictEqual([now.vmState, now.migration ?? null, presencesOf(now)], ["deleted", null, []], path)
      assert.deepStrictEqual(visited.sort(), state.migration?.destination == null ? [state.host] : ["host-1", "host-2"], path)
    }
  })

  it("names its passing states as Nova does", () => {
    const tasks: Array<string | null> = []
    let state = run(anInstance(), resize)
    while (state.work !== null) {
      if (tasks.at(-1) !== state.taskState) tasks.push(state.taskState)
      state = run(state, tell(state, state.work.step === "select" ? placed : { _tag: "Done" }))
    }
    assert.deepStrictEqual([...tasks, state.taskState], ["resize_prep", "resize_migrating", "resize_finish", null])
    assert.strictEqual(run(state, act("revertResize")).taskState, "resize_reverting")
  })

  it("is decided only where there is one", () => {
    const refused = decide("x", anInstance({ vmState: "resized" }), act("confirmResize"))
    assert.isTrue(Result.isFailure(refused) && refused.failure.kind === "badRequest" && refused.failure.message === "Instance has not been resized.")
  })
})
