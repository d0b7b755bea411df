import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { decide } from "../../../src/actors/instance/decide.ts"
import { evolve } from "../../../src/actors/instance/evolve.ts"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { Action, Command, Outcome } from "../../../src/actors/instance/InstanceCommand.ts"
import type { VmState } from "../../../src/actors/instance/states.ts"
import { statesOf, statusOf, TaskState, VmState as VmStates } from "../../../src/actors/instance/states.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { anInstance, noon, request } from "../../fixtures/instances.ts"

type ActionName = typeof Action.Type
const actions: ReadonlyArray<ActionName> = [
  "start", "stop", "pause", "unpause", "suspend", "resume", "reboot", "rebootHard", "delete",
  "liveMigrate", "migrate", "resize", "confirmResize", "revertResize"
]
const perform = (action: ActionName, more = {}): Command => ({ _tag: "Perform", action, request: request(more) })
const run = (instance: Instance | null, ...commands: ReadonlyArray<Command>): Instance =>
  commands.reduce<Instance | null>((state, command) => {
    const events = Result.getOrThrow(decide(state?.id ?? "x", state, command))
    return events.reduce<Instance | null>((before, event) => evolve(before, event), state)
  }, instance)!
const refusal = (instance: Instance, command: Command) => {
  const decided = decide(instance.id, instance, command)
  return Result.isFailure(decided) ? `${decided.failure.kind}: ${decided.failure.message}` : "accepted"
}
const advance = (instance: Instance, outcome: typeof Outcome.Type): Command => ({
  _tag: "Advance", generation: instance.generation, outcome, atMillis: noon + 1000, promises: []
})
const done = { _tag: "Done" } as const
const placed = { _tag: "Placed", host: "host-1", availabilityZone: "nova", nics: [] } as const
const broke = (isRetryable: boolean) => ({ _tag: "Failed", message: "it broke", details: "why", code: 500, isRetryable }) as const
const born = () => run(null, {
  _tag: "Create",
  promises: [],
  request: request(),
  instance: anInstance({
    vmState: "building", taskState: "scheduling", host: null, launchedAt: null, generation: 1,
    work: {
      action: "create", step: "schedule", generation: 1, requestId: "req-1", touchedAtMillis: noon,
      deadlineMillis: noon + 600_000, attempt: 1, excludedHosts: []
    }
  })
})

/** What a resized server waits with. */
const migration: NonNullable<Instance["migration"]> = {
  id: "m-1", number: 1, type: "resize", status: "finished", source: { host: "host-2", availabilityZone: "nova" },
  destination: { host: "host-1", availabilityZone: "nova" }, wish: { host: null, isForced: false, copiesDisks: null },
  requestId: "req-0", userId: "user", projectId: "project", createdAt: "2030-01-01T11:00:00.000Z", updatedAt: null
}
const letters: Partial<Record<VmState, string>> = {
  building: "B", active: "A", stopped: "S", paused: "P", suspended: "Z", rescued: "R", resized: "V", error: "E",
  shelved: "H", shelved_offloaded: "O"
}

describe("the life of a server", () => {
  it("is what operators know: which action in which vm_state", () => {
    const states = Object.keys(letters) as Array<VmState>
    const table = actions.map((action) =>
      `${action.padEnd(11)}${
        states.map((vmState) => Result.isSuccess(decide("x", anInstance({ vmState, ...(vmState === "resized" ? { migration } : {}) }), perform(action))) ? "x" : ".").join("  ")
      }`)
    assert.deepStrictEqual([`           ${Object.values(letters).join("  ")}`, ...table], [
      "           B  A  S  P  Z  R  V  E  H  O",
      "start      .  .  x  .  .  .  .  .  .  .",
      "stop       .  x  .  .  .  .  .  x  .  .",
      "pause      .  x  .  .  .  .  .  .  .  .",
      "unpause    .  .  .  x  .  .  .  .  .  .",
      "suspend    .  x  .  .  .  .  .  .  .  .",
      "resume     .  .  .  .  x  .  .  .  .  .",
      "reboot     .  x  .  .  .  .  .  .  .  .",
      "rebootHard .  x  x  x  x  .  .  x  .  .",
      "delete     x  x  x  x  x  x  x  x  x  x",
      "liveMigrate.  x  .  x  .  .  .  .  .  .",
      "migrate    .  x  x  .  .  .  .  .  .  .",
      "resize     .  x  x  .  .  .  .  .  .  .",
      "confirmResize.  .  .  .  .  .  x  .  .  .",
      "revertResize.  .  .  .  .  .  x  .  .  ."
    ])
  })

  it("names the task while it runs and the state where it lands", () => {
    const lives: ReadonlyArray<readonly [ActionName, VmState, string, string, number]> = [
      ["start", "stopped", "powering-on", "active", 1],
      ["stop", "active", "powering-off", "stopped", 4],
      ["pause", "active", "pausing", "paused", 3],
      ["unpause", "paused", "unpausing", "active", 1],
      ["suspend", "active", "suspending", "suspended", 4],
      ["resume", "suspended", "resuming", "active", 1],
      ["reboot", "active", "rebooting", "active", 1],
      ["rebootHard", "stopped", "rebooting_hard", "active", 1]
    ]
    for (const [action, from, task, to, power] of lives) {
      const during = run(anInstance({ vmState: from }), perform(action))
      assert.deepStrictEqual([action, during.vmState, during.taskState], [action, from, task])
      const after = run(during, advance(during, done))
      assert.deepStrictEqual([after.vmState, after.taskState, after.powerState, after.work], [to, null, power, null])
      assert.deepStrictEqual(after.actions.at(-1)?.events[0]?.result, "Success")
    }
  })

  it("refuses in Nova's words", () => {
    const { id } = anInstance()
    assert.strictEqual(
      refusal(anInstance({ vmState: "stopped" }), perform("stop")),
      `conflict: Cannot 'stop' instance ${id} while it is in vm_state stopped`
    )
    assert.strictEqual(
      refusal(anInstance({ taskState: "pausing" }), perform("stop")),
      `conflict: Cannot 'stop' instance ${id} while it is in task_state pausing`
    )
    assert.strictEqual(
      refusal(anInstance({ launchedAt: null }), perform("pause")),
      `conflict: Instance ${id} is in an invalid state for 'pause'`
    )
    assert.strictEqual(refusal(anInstance({ host: null }), perform("stop")), `conflict: Instance ${id} is not ready`)
    assert.strictEqual(refusal(anInstance({ vmState: "deleted" }), perform("stop")), `notFound: Instance ${id} could not be found.`)
  })

  it("keeps a locked server from its owner, not from an administrator", () => {
    const locked = anInstance({ locked: { by: "owner", reason: null } })
    for (const action of actions) {
      assert.include(refusal(locked, perform(action)), "is locked")
      assert.notInclude(refusal(locked, perform(action, { isAdmin: true })), "is locked")
    }
    const byAdmin = anInstance({ locked: { by: "admin", reason: "audit" } })
    assert.include(refusal(byAdmin, { _tag: "Unlock", mayOverride: false, request: request() }), "forbidden")
    assert.strictEqual(run(byAdmin, { _tag: "Unlock", mayOverride: true, request: request() }).locked, null)
    assert.strictEqual(run(byAdmin, { _tag: "Lock", reason: "mine", request: request() }).locked?.by, "admin")
    const both = run(
      anInstance(), { _tag: "Lock", reason: null, request: request() }, { _tag: "Unlock", mayOverride: false, request: request() }
    )
    assert.deepStrictEqual(both.actions.map(({ action, events }) => [action, events]), [["lock", []], ["unlock", []]])
  })

  it("takes a repeated request for the same request", () => {
    const once = run(anInstance(), perform("stop"))
    assert.strictEqual(run(once, perform("stop")), once)
  })

  it("builds: schedule, spawn, active", () => {
    const spawning = run(born(), advance(born(), placed))
    assert.deepStrictEqual([spawning.taskState, spawning.host, spawning.work?.step], ["spawning", "host-1", "spawn"])
    const active = run(spawning, advance(spawning, done))
    assert.deepStrictEqual([active.vmState, active.taskState, active.powerState, active.work], ["active", null, 1, null])
    assert.isNotNull(active.launchedAt)
  })

  it("tries other hosts, then ends in ERROR and gives back what it took", () => {
    let server = run(born(), advance(born(), placed))
    for (const attempt of [2, 3]) {
      server = run(server, advance(server, broke(true)))
      assert.deepStrictEqual([server.taskState, server.host, server.work?.attempt], ["scheduling", null, attempt])
      server = run(server, advance(server, { ...placed, host: `host-${attempt}` }))
    }
    assert.deepStrictEqual(server.work?.excludedHosts, ["host-1", "host-2"])
    server = run(server, advance(server, broke(true)))
    assert.deepStrictEqual([server.vmState, server.taskState, server.fault?.message], ["error", null, "it broke"])
    assert.strictEqual(server.work?.step, "destroy")
    server = run(server, advance(server, done))
    assert.strictEqual(server.work?.step, "release")
    server = run(server, advance(server, done))
    assert.deepStrictEqual([server.work, server.host, server.vmState], [null, null, "error"])
  })

  it("leaves a server as it was when the driver could not, with a fault that says why", () => {
    const stopping = run(anInstance(), perform("stop"))
    const after = run(stopping, advance(stopping, broke(false)))
    assert.deepStrictEqual([after.vmState, after.taskState, after.fault?.message], ["active", null, "it broke"])
    assert.strictEqual(after.actions.at(-1)?.events[0]?.result, "Error")
  })

  it("deletes from the midst of a build, and late outcomes change nothing", () => {
    const spawning = run(born(), advance(born(), placed))
    const late = advance(spawning, done)
    const deleting = run(spawning, perform("delete", { requestId: "req-2" }))
    assert.strictEqual(deleting.work?.step, "destroy")
    assert.strictEqual(run(deleting, late), deleting)
    const released = run(deleting, advance(deleting, done))
    const gone = run(released, advance(released, done))
    assert.deepStrictEqual([gone.vmState, gone.work, gone.nics], ["deleted", null, []])
    assert.strictEqual(run(born(), perform("delete", { requestId: "req-2" })).work?.step, "release")
  })

  it("is deleted once, however often it is asked, and its log ends there", () => {
    const deleting = run(anInstance({ locked: { by: "owner", reason: null } }), perform("delete", { isAdmin: true }))
    assert.strictEqual(run(deleting, perform("delete", { requestId: "req-again", isAdmin: true })), deleting)
    const gone = [done, done].reduce((server, outcome) => run(server, advance(server, outcome)), deleting)
    assert.deepStrictEqual([gone.terminatedAt, gone.locked, gone.nics], ["2030-01-01T12:00:01.000Z", null, []])
    // The answer to it may have been lost with the process that was asked first.
    assert.strictEqual(run(gone, perform("delete", { isAdmin: true })), gone)
    assert.include(refusal(gone, perform("delete", { requestId: "req-again", isAdmin: true })), "notFound")
  })

  it("ends a task nobody finishes", () => {
    const spawning = run(born(), advance(born(), placed))
    const expired = run(spawning, { _tag: "Expire", generation: spawning.generation, atMillis: noon + 600_001 })
    assert.strictEqual(expired.vmState, "error")
    assert.include(expired.fault?.message, "did not finish in time")
    assert.deepStrictEqual([expired.work?.step, expired.work?.deadlineMillis], ["destroy", noon + 600_001 + Limits.taskMillisMax])
  })

  it("does not end a task for the deadline of the one before it", () => {
    const stopping = run(anInstance(), perform("stop"))
    assert.strictEqual(run(stopping, { _tag: "Expire", generation: stopping.generation - 1, atMillis: noon + 600_001 }), stopping)
  })

  it("takes a guest that stopped by itself for stopped, unless a task is at work", () => {
    const observed = (instance: Instance, power: number) => run(instance, { _tag: "ObservePower", power, atMillis: noon })
    assert.deepStrictEqual([observed(anInstance(), 4).vmState, observed(anInstance(), 4).powerState], ["stopped", 4])
    const stopping = run(anInstance(), perform("stop"))
    assert.strictEqual(observed(stopping, 4), stopping)
  })
})

describe("status", () => {
  it("knows every pair of states", () => {
    for (const vmState of VmStates.literals) {
      for (const task of [null, ...TaskState.literals]) assert.match(statusOf(vmState, task), /^[A-Z_]+$/)
    }
    assert.strictEqual(statusOf("active", "rebooting_hard"), "HARD_REBOOT")
    assert.strictEqual(statusOf("active", "powering-off"), "ACTIVE")
    assert.strictEqual(statusOf("stopped", "resize_prep"), "RESIZE")
    assert.deepStrictEqual(statesOf("shutoff"), [{ vmState: "stopped", isDefault: true, tasks: [] }])
    assert.deepStrictEqual(statesOf("nonsense"), [])
  })
})
