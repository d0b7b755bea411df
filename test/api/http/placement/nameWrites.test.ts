import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, items, text } from "../../../fixtures/json.ts"
import { generationOf, makeDo, putHost, putProvider, said, uuid, world } from "./world.ts"

describe("traits", () => {
  it.effect("that clients make are theirs to take away; the standard ones are nobody's", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(1, { traits: ["CUSTOM_BY_DRIVER"] })
      const made = yield* act("PUT /traits/CUSTOM_A")
      assert.strictEqual(made.status, 201)
      assert.strictEqual(made.headers["location"], "http://cloud.test/placement/traits/CUSTOM_A")
      assert.property(made.headers, "last-modified")
      const rows: ReadonlyArray<readonly [what: string, answer: RegExp, version?: string]> = [
        ["PUT /traits/CUSTOM_A", /^204/],
        ["GET /traits/CUSTOM_A", /^204/],
        ["PUT /traits/CUSTOM_B", /^404/, "1.5"],
        ["PUT /traits/HW_CPU_X86_VMX", /^400 .*CUSTOM_/],
        ["PUT /traits/CUSTOM_", /^400 .*CUSTOM_/],
        ["PUT /traits/CUSTOM_a", /^400/],
        ["PUT /traits/CUSTOM_A%0A", /^400/],
        [`PUT /traits/CUSTOM_${"A".repeat(249)}`, /^400 .*255/],
        [`PUT /traits/CUSTOM_${"A".repeat(248)}`, /^201/],
        ["DELETE /traits/HW_CPU_X86_VMX", /^400 .*standard trait HW_CPU_X86_VMX/],
        ["DELETE /traits/CUSTOM_NONE", /^404 .*CUSTOM_NONE/],
        ["DELETE /traits/CUSTOM_BY_DRIVER", /^409 .*in use/],
        ["DELETE /traits/CUSTOM_A", /^204/],
        ["DELETE /traits/CUSTOM_A", /^404/]
      ]
      for (const [what, answer, version] of rows) assert.match(said(yield* act(what, undefined, version)), answer, what)
    }).pipe(Effect.provide(world)))

  it.effect("are not taken away from under whoever begins to use them", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1)
      yield* act("PUT /traits/CUSTOM_A")
      const [set, removed] = yield* Effect.all([
        act(`PUT /resource_providers/${uuid(1)}/traits`, { traits: ["CUSTOM_A"], resource_provider_generation: 1 }), act("DELETE /traits/CUSTOM_A")
      ], { concurrency: "unbounded" })
      assert.isTrue((set.status === 200) !== (removed.status === 204), `${said(set)}; ${said(removed)}`)
    }).pipe(Effect.provide(world)))
})

describe("resource classes", () => {
  it.effect("that clients make are theirs; the standard ones never change", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const made = yield* act("POST /resource_classes", { name: "CUSTOM_A" })
      assert.strictEqual(said(made), "201")
      assert.strictEqual(made.headers["location"], "http://cloud.test/placement/resource_classes/CUSTOM_A")
      const rows: ReadonlyArray<readonly [what: string, body: unknown, answer: RegExp, version?: string]> = [
        ["POST /resource_classes", { name: "CUSTOM_A" }, /^409 .*already exists: CUSTOM_A/],
        ["POST /resource_classes", { name: "VCPU" }, /^400 .*'VCPU' does not match '\^CUSTOM_/],
        ["POST /resource_classes", { name: "CUSTOM_a" }, /^400 .*name/],
        ["POST /resource_classes", {}, /^400 .*name/],
        ["POST /resource_classes", { name: "CUSTOM_B" }, /^404/, "1.1"],
        ["PUT /resource_classes/CUSTOM_A", undefined, /^204/],
        ["PUT /resource_classes/CUSTOM_C", undefined, /^201/],
        ["PUT /resource_classes/VCPU", undefined, /^400 .*CUSTOM_/],
        ["PUT /resource_classes/CUSTOM_C", { name: "CUSTOM_A" }, /^409 .*CUSTOM_A/, "1.6"],
        ["PUT /resource_classes/VCPU", { name: "CUSTOM_D" }, /^400 .*standard resource class VCPU/, "1.6"],
        ["PUT /resource_classes/CUSTOM_NONE", { name: "CUSTOM_D" }, /^404/, "1.6"],
        ["PUT /resource_classes/CUSTOM_C", { name: "CUSTOM_D" }, /^200/, "1.6"],
        ["GET /resource_classes/CUSTOM_C", undefined, /^404/],
        ["GET /resource_classes/CUSTOM_D", undefined, /^200/],
        ["DELETE /resource_classes/VCPU", undefined, /^400 .*standard resource class VCPU/],
        ["DELETE /resource_classes/CUSTOM_NONE", undefined, /^404/],
        ["DELETE /resource_classes/CUSTOM_D", undefined, /^204/]
      ]
      for (const [what, body, answer, version] of rows) assert.match(said(yield* act(what, body, version)), answer, what)
      const all = items((yield* act("GET /resource_classes")).body, "resource_classes").map((each) => text(each, "name"))
      assert.deepStrictEqual([all[0], all.at(-1), all.length], ["VCPU", "CUSTOM_A", 22])
    }).pipe(Effect.provide(world)))

  it.effect("keep what is had and held of them when they are renamed, and stay while somebody has them", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { CUSTOM_A: 8, VCPU: 1 })
      const allocations = { [uuid(1)]: { resources: { CUSTOM_A: 3 } } }
      yield* act(`PUT /allocations/${uuid(50)}`, { allocations, project_id: "p", user_id: "u" }, "1.27")
      assert.match(said(yield* act("DELETE /resource_classes/CUSTOM_A")), /^409 .*in use/)
      const generation = yield* generationOf(act, 1)
      yield* act("PUT /resource_classes/CUSTOM_A", { name: "CUSTOM_B" }, "1.6")
      assert.deepStrictEqual(at((yield* act(`GET /resource_providers/${uuid(1)}/usages`)).body, "usages"), { CUSTOM_B: 3, VCPU: 0 })
      assert.deepStrictEqual(at((yield* act(`GET /allocations/${uuid(50)}`)).body, `allocations.${uuid(1)}.resources`), { CUSTOM_B: 3 })
      assert.strictEqual(yield* generationOf(act, 1), generation)
      assert.match(said(yield* act("GET /resource_providers?resources=CUSTOM_A:1")), /^400 .*CUSTOM_A/)
    }).pipe(Effect.provide(world)))
})
