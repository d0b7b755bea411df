/** The rules of a live migration, walked to every end they have. */
import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { decide } from "../../../src/actors/instance/decide.ts"
import { doerOf } from "../../../src/actors/instance/doer.ts"
import { evolve } from "../../../src/actors/instance/evolve.ts"
import { presencesOf } from "../../../src/actors/instance/presences.ts"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { Command, Outcome } from "../../../src/actors/instance/InstanceCommand.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { anInstance, noon, request } from "../../fixtures/instances.ts"

const run = (instance: Instance, command: Command): Instance =>
  Result.getOrThrow(decide(instance.id, instance, command)).reduce<Instance>((before, event) => evolve(before, event), instance)
const move = { id: "m-1", number: 7, host: null, isForced: false, copiesDisks: null }
const admin = request({ requestId: "req-move", isAdmin: true })
const asked = run(anInstance(), { _tag: "Perform", action: "liveMigrate", request: admin, move })
const tell = (instance: Instance, outcome: Outcome): Command =>
  ({ _tag: "Advance", generation: instance.generation, outcome, atMillis: noon + 1000, promises: [] })
const expire = (instance: Instance): Command => ({ _tag: "Expire", generation: instance.generation, atMillis: noon + 1000 })

const placed: Outcome = { _tag: "Placed", host: "host-2", availabilityZone: "far", nics: [] }
const failed = (isRetryable: boolean): Outcome => ({ _tag: "Failed", message: "it broke", details: null, code: 500, isRetryable })
const done = (isHere: boolean): Outcome => ({ _tag: "Done", isHere })

/** What each step may come to. Where the guest is, a host says when it has undone its part. */
const outcomesOf = ({ work }: Instance): ReadonlyArray<Outcome> => {
  switch (work!.step) {
    case "select": return [placed, failed(false)]
    case "abort": case "cancel": return [done(true), done(false), failed(true)]
    default: return [{ _tag: "Done", target: "there" }, failed(true), failed(false)]
  }
}

interface Visit {
  readonly state: Instance
  readonly path: string
}
const shapeOf = ({ host, migration, migrations, vmState, work }: Instance) =>
  JSON.stringify([host, vmState, work?.step, work?.attempt, migration?.status, migration?.ending, migration?.destination?.host, migrations?.at(-1)?.status])

/** Every state that can be reached, each once. */
const reached = (): ReadonlyArray<Visit> => {
  const seen = new Map<string, Visit>()
  const queue: Array<Visit> = [{ state: asked, path: "" }]
  for (let visit = queue.pop(); visit !== undefined; visit = queue.pop()) {
    const { path, state } = visit
    if (seen.has(shapeOf(state))) continue
    seen.set(shapeOf(state), visit)
    if (state.work === null) continue
    const next: ReadonlyArray<readonly [string, Command]> = [
      ...outcomesOf(state).map((outcome) => [JSON.stringify(outcome), tell(state, outcome)] as const),
      ["expire", expire(state)]
    ]
    for (const [what, command] of next) queue.push({ state: run(state, command), path: `${path} ${state.work!.step}:${what}` })
    const { migration } = state
    const abort: Command = { _tag: "ControlMove", control: "abort", number: 7, mayWait: true, request: request({ requestId: "req-abort", isAdmin: true }) }
    if (migration != null && Result.isSuccess(decide(state.id, state, abort))) queue.push({ state: run(state, abort), path: `${path} abort` })
  }
  return [...seen.values()]
}
const visits = reached()
const ends = visits.filter(({ state }) => state.work === null)

describe("a live migration", () => {
  it("ends in few ways, each with its record and nothing held elsewhere", () => {
    assert.isAbove(visits.length, 20)
    assert.deepStrictEqual(
      [...new Set(ends.map(({ state }) => `${state.vmState} on ${state.host}: ${state.migrations?.at(-1)?.status}`))].sort(),
      [
        "active on host-1: cancelled", "active on host-1: error", "active on host-1: failed", "active on host-2: completed",
        "error on host-2: error"
      ]
    )
    for (const { path, state } of ends) {
      assert.deepStrictEqual([state.migration, state.taskState], [null, null], path)
      assert.deepStrictEqual(presencesOf(state).map(({ host }) => host), [state.host], path)
      assert.isNotNull(state.actions.find(({ action }) => action === "live-migration")!.events[0]!.finishedAt, path)
    }
  })

  it("stays at the source only when the source has it, or the destination has not", () => {
    for (const { path, state } of ends) {
      const [, last = ""] = / (?:abort|cancel):(\S+)(?!.* (?:abort|cancel):)/.exec(path) ?? []
      if (state.host === "host-1" && / migrate:/.test(path)) {
        assert.isTrue(/ abort:\{"_tag":"Done","isHere":true\}/.test(path) || /"isHere":false/.test(last), path)
      }
      if (path.endsWith(' abort:{"_tag":"Done","isHere":false}')) assert.strictEqual(state.host, "host-2")
    }
  })

  it("holds a place on both hosts from the pick to the end", () => {
    for (const { path, state } of visits) {
      if (state.work === null) continue
      const hosts = presencesOf(state).map(({ host }) => host).sort()
      assert.deepStrictEqual(hosts, state.migration?.destination == null ? ["host-1"] : ["host-1", "host-2"], path)
    }
  })

  it("is done by the host whose part it is", () => {
    const doers = new Map(visits.flatMap(({ state }) => state.work === null ? [] : [[state.work.step, doerOf(state)]]))
    const names = Object.fromEntries(Array.from(doers, ([step, { id, type }]) => [step, type === "Host" ? id : type]))
    assert.deepStrictEqual(names, {
      select: "Conductor", prepare: "host-2", migrate: "host-1", finish: "host-2", confirm: "host-1", rebind: "Conductor", abort: "host-1",
      cancel: "host-2"
    })
  })

  it("asks again who has the guest as long as neither host says", () => {
    const aborting = visits.find(({ state }) => state.work?.step === "abort")!.state
    const cancelling = run(aborting, tell(aborting, failed(true)))
    assert.strictEqual(cancelling.work?.step, "cancel")
    assert.deepStrictEqual(run(cancelling, tell(cancelling, failed(true))), cancelling)
    const again = run(cancelling, expire(cancelling))
    assert.deepStrictEqual([again.work?.step, again.work?.deadlineMillis], ["abort", noon + 1000 + Limits.moveUndoMillisMax])
  })

  it("gives way to a deletion at every step, which visits both hosts", () => {
    for (const { path, state } of visits) {
      if (state.work === null) continue
      let now = run(state, { _tag: "Perform", action: "delete", request: request({ requestId: "req-delete" }) })
      const visited: Array<string> = []
      while (now.work !== null) {
        const { id, type } = doerOf(now)
        if (type === "Host") visited.push(id)
        now = run(now, tell(now, { _tag: "Done" }))
      }
      assert.deepStrictEqual([now.vmState, now.migration, presencesOf(now)], ["deleted", null, []], path)
      assert.deepStrictEqual(visited.sort(), state.migration?.destination == null ? ["host-1"] : ["host-1", "host-2"], path)
    }
  })

  it("looks for another destination only where none was named", () => {
    const refusing = (host: string | null, more: Partial<Extract<Outcome, { _tag: "Failed" }>> = {}) => {
      const chosen = run(anInstance(), { _tag: "Perform", action: "liveMigrate", request: admin, move: { ...move, host } })
      const preparing = run(chosen, tell(chosen, placed))
      const undoing = run(preparing, tell(preparing, { ...failed(true) as Extract<Outcome, { _tag: "Failed" }>, ...more }))
      const after = run(undoing, tell(undoing, done(false)))
      return [after.work?.step, after.work?.excludedHosts, after.work?.attempt]
    }
    assert.deepStrictEqual(refusing(null), ["select", ["host-1", "host-2"], 2])
    assert.deepStrictEqual(refusing(null, { mayStay: true }), ["select", ["host-1"], 2])
    assert.deepStrictEqual(refusing("host-2"), [undefined, undefined, undefined])
    assert.deepStrictEqual(refusing("host-2", { mayStay: true }), ["select", ["host-1"], 2])
  })

  it("is accepted once, however often the request comes", () => {
    assert.deepStrictEqual(run(asked, { _tag: "Perform", action: "liveMigrate", request: admin, move }), asked)
  })
})
