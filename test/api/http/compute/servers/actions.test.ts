import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Instance } from "../../../../../src/actors/instance/Instance.ts"
import { at, items, text } from "../../../../fixtures/json.ts"
import { projectId, server, serverId } from "../../../../fixtures/servers.ts"
import { asAdmin, asMember, asReader, asStranger, type Ask, makeAsk, put, settle, world } from "./world.ts"

const message = (body: unknown) => text(Object.values(body as object)[0], "message")
const act = (ask: Ask, body: unknown, options: Parameters<Ask>[2] = {}) => ask("POST", `/servers/${serverId}/action`, { ...options, body })
const seen = (ask: Ask, path: string) =>
  Effect.map(ask("GET", `/servers/${serverId}`, { token: asAdmin }), ({ body }) => at(body, `server.${path}`))

describe("actions", () => {
  /** Action, the server before it, and how it is seen while the work goes on and after it. */
  const rows: ReadonlyArray<readonly [action: object, before: Partial<Instance>, during: string, after: string]> = [
    [{ "os-stop": null }, {}, "ACTIVE powering-off", "SHUTOFF"],
    [{ "os-start": null }, { vmState: "stopped" }, "SHUTOFF powering-on", "ACTIVE"],
    [{ pause: null }, {}, "ACTIVE pausing", "PAUSED"],
    [{ unpause: {} }, { vmState: "paused" }, "PAUSED unpausing", "ACTIVE"],
    [{ suspend: null }, {}, "ACTIVE suspending", "SUSPENDED"],
    [{ resume: null }, { vmState: "suspended" }, "SUSPENDED resuming", "ACTIVE"],
    [{ reboot: { type: "SOFT" } }, {}, "REBOOT rebooting", "ACTIVE"],
    [{ reboot: { type: "Hard" } }, {}, "HARD_REBOOT rebooting_hard", "ACTIVE"]
  ]
  it.effect.each(rows.map(([action, before, during, after]) => ({ action, before, during, after })))(
    "$action: $during, then $after",
    ({ action, after, before, during }) =>
      Effect.gen(function*() {
        const ask = yield* makeAsk
        yield* put(server(before))
        const { headers, status, text } = yield* act(ask, action)
        assert.deepStrictEqual([status, text], [202, ""])
        assert.isDefined(headers["x-openstack-request-id"])
        assert.strictEqual(`${yield* seen(ask, "status")} ${yield* seen(ask, "OS-EXT-STS:task_state")}`, during)
        yield* settle
        assert.strictEqual(yield* seen(ask, "status"), after)
      }).pipe(Effect.provide(world))
  )

  const refusals: ReadonlyArray<readonly [action: unknown, before: Partial<Instance>, status: number, message: string | RegExp, token?: string]> = [
    [{ "os-stop": null }, { vmState: "stopped" }, 409, `Cannot 'stop' instance ${serverId} while it is in vm_state stopped`],
    [{ "os-start": null }, {}, 409, `Cannot 'start' instance ${serverId} while it is in vm_state active`],
    [{ reboot: { type: "HARD" } }, { taskState: "powering-off" }, 409, `Cannot 'reboot' instance ${serverId} while it is in task_state powering-off`],
    [{ pause: null }, { locked: { by: "owner", reason: null } }, 409, `Instance ${serverId} is locked`],
    [{ forceDelete: null }, { locked: { by: "owner", reason: null } }, 409, `Instance ${serverId} is locked`],
    [{ reboot: { type: "WARM" } }, {}, 400, /WARM/],
    [{ reboot: {} }, {}, 400, /type/],
    [{ dance: null }, {}, 400, "There is no such action: dance"],
    [{ pause: null, "os-stop": null }, {}, 400, /more than one/],
    [{}, {}, 400, /no action/],
    [{ pause: null }, {}, 403, "Policy doesn't allow os_compute_api:os-pause-server:pause to be performed.", asReader],
    [{ pause: null }, {}, 404, `Instance ${serverId} could not be found.`, asStranger],
    [{ "os-resetState": { state: "active" } }, {}, 403, "Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed."]
  ]
  it.effect.each(refusals.map(([action, before, status, words, token]) => ({ action, before, status, words, token })))(
    "refuses $action with $status: $words",
    ({ action, before, status, token, words }) =>
      Effect.gen(function*() {
        const ask = yield* makeAsk
        yield* put(server(before))
        const answer = yield* act(ask, action, { token: token ?? asMember })
        assert.strictEqual(answer.status, status)
        if (typeof words === "string") assert.strictEqual(message(answer.body), words)
        else assert.match(message(answer.body), words)
      }).pipe(Effect.provide(world))
  )

  it.effect("a lock keeps members out, with its reason, until it is undone", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      assert.strictEqual((yield* act(ask, { lock: { locked_reason: "mine" } })).status, 202)
      assert.deepStrictEqual([yield* seen(ask, "locked"), yield* seen(ask, "locked_reason")], [true, "mine"])
      assert.strictEqual((yield* act(ask, { "os-stop": null })).status, 409)
      assert.strictEqual((yield* act(ask, { unlock: null })).status, 202)
      assert.deepStrictEqual([yield* seen(ask, "locked"), yield* seen(ask, "locked_reason")], [false, null])
      assert.strictEqual((yield* act(ask, { lock: { locked_reason: "dropped" } }, { version: 72 })).status, 202)
      assert.deepStrictEqual([yield* seen(ask, "locked"), yield* seen(ask, "locked_reason")], [true, null])
      assert.strictEqual((yield* act(ask, { lock: "x" })).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("an administrator's lock is an administrator's to undo", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ locked: { by: "admin", reason: null } }))
      const { body, status } = yield* act(ask, { unlock: null })
      assert.deepStrictEqual([status, message(body)], [
        403, "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed."
      ])
      assert.strictEqual((yield* act(ask, { unlock: null }, { token: asAdmin })).status, 202)
      assert.strictEqual(yield* seen(ask, "locked"), false)
    }).pipe(Effect.provide(world)))

  it.effect("an administrator resets the state", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      assert.strictEqual((yield* act(ask, { "os-resetState": { state: "error" } }, { token: asAdmin })).status, 202)
      assert.strictEqual(yield* seen(ask, "status"), "ERROR")
      assert.strictEqual((yield* act(ask, { "os-resetState": { state: "paused" } }, { token: asAdmin })).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("deletes by DELETE (204) and by forceDelete (202)", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      for (const remove of [ask("DELETE", `/servers/${serverId}`), act(ask, { forceDelete: null })]) {
        yield* put(server())
        assert.include([202, 204], (yield* remove).status)
        yield* settle
        assert.strictEqual((yield* ask("GET", `/servers/${serverId}`)).status, 404)
        assert.strictEqual((yield* ask("DELETE", `/servers/${serverId}`)).status, 404)
      }
    }).pipe(Effect.provide(world)))

  it.effect("shows the last lines of the console, without control characters", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const output = (length: unknown) =>
        Effect.map(act(ask, { "os-getConsoleOutput": length === undefined ? {} : { length } }), ({ body, status }) => status === 200 ? at(body, "output") : status)
      assert.deepStrictEqual(
        [yield* output(undefined), yield* output(null), yield* output(2), yield* output("1"), yield* output(0), yield* output(-1), yield* output(-2), yield* output("x")],
        ["one\ntwo\nthree", "one\ntwo\nthree", "two\nthree", "three", "", "one\ntwo\nthree", 400, 400]
      )
    }).pipe(Effect.provide(world)))
})

describe("the action log", () => {
  it.effect("tells what was done, by whom, newest first, even of a deleted server", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      yield* act(ask, { "os-stop": null })
      yield* settle
      yield* ask("DELETE", `/servers/${serverId}`)
      yield* settle
      const path = `/servers/${serverId}/os-instance-actions`
      const list = (query: string, version = 104) => ask("GET", `${path}${query}`, { version })
      const { body } = yield* list("")
      assert.deepStrictEqual(items(body, "instanceActions").map((one) => at(one, "action")), ["delete", "stop"])
      assert.strictEqual((yield* list("", 20)).status, 404)
      const [deletion, stop] = items(body, "instanceActions").map((one) => text(one, "request_id"))
      const { body: page } = yield* list("?limit=1")
      assert.strictEqual(at(page, "links.0.href"), `http://cloud.test/compute/v2.1${path}?limit=1&marker=${deletion}`)
      const { body: rest } = yield* list(`?limit=1&marker=${deletion}`)
      assert.deepStrictEqual(items(rest, "instanceActions").map((one) => at(one, "request_id")), [stop])
      for (const [query, expected] of [["?marker=x", 400], ["?changes-since=1970", 2], ["?changes-since=2100", 0], ["?changes-before=1969", 0],
        ["?changes-since=2100&changes-before=1970", 400], ["?zz=1", 400]] as const) {
        const answer = yield* list(query)
        assert.strictEqual(answer.status === 200 ? items(answer.body, "instanceActions").length : answer.status, expected, query)
      }
    }).pipe(Effect.provide(world)))

  it.effect("shows events by version and role", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const requestId = "req-11111111-2222-4333-8444-555555555555"
      const event = {
        event: "compute_stop_instance", startedAt: "2026-11-22T08:09:00.080Z", finishedAt: "2026-11-22T08:09:00.727Z",
        result: "Error" as const, host: "compute-1", details: "inner"
      }
      yield* put(server({
        actions: [{ action: "stop", requestId, userId: "fake", projectId, startedAt: event.startedAt, updatedAt: event.finishedAt, message: null, events: [event] }]
      }))
      const show = (token: string, version: number) =>
        Effect.map(ask("GET", `/servers/${serverId}/os-instance-actions/${requestId}`, { token, version }), ({ body }) =>
          at(body, "instanceAction") as { readonly events?: ReadonlyArray<Record<string, unknown>> } & Record<string, unknown>)
      assert.isUndefined((yield* show(asMember, 50)).events)
      assert.deepStrictEqual((yield* show(asMember, 51)).events, [{
        event: "compute_stop_instance", start_time: "2026-11-22T08:09:00.080000", finish_time: "2026-11-22T08:09:00.727000", result: "Error"
      }])
      assert.deepStrictEqual(Object.keys((yield* show(asMember, 104)).events![0]!).sort(), ["event", "finish_time", "hostId", "result", "start_time"])
      assert.deepStrictEqual((yield* show(asAdmin, 50)).events![0]!["traceback"], "inner")
      assert.deepInclude((yield* show(asAdmin, 104)).events![0]!, { host: "compute-1", details: "inner", traceback: "inner" })
      assert.strictEqual((yield* show(asAdmin, 58))["updated_at"], "2026-11-22T08:09:00.727000")
      const { body, status } = yield* ask("GET", `/servers/${serverId}/os-instance-actions/req-x`)
      assert.deepStrictEqual([status, message(body)], [404, "Action req-x not found"])
    }).pipe(Effect.provide(world)))
})
