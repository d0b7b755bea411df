import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, items, text } from "../../../fixtures/json.ts"
import { makeAsk, putHost, putServer, uuid, world } from "./world.ts"

describe("allocations and usages", () => {
  it.effect("show what a server holds, as each version has it", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putServer(1, { userId: "alice" })
      const { generation } = (yield* ask(`/resource_providers/${uuid(1)}`)).body as { readonly generation: number }
      const path = `/allocations/${uuid(2001)}`
      const allocations = { [uuid(1)]: { generation, resources: { VCPU: 4, MEMORY_MB: 8192, DISK_GB: 16 } } }
      assert.deepStrictEqual((yield* ask(path)).body, {
        allocations, project_id: "project", user_id: "alice", consumer_generation: 3, consumer_type: "INSTANCE"
      })
      assert.deepStrictEqual((yield* ask(path, "1.11")).body, { allocations })
      assert.hasAllKeys((yield* ask(path, "1.12")).body, ["allocations", "project_id", "user_id"])
      assert.hasAllKeys((yield* ask(path, "1.27")).body, ["allocations", "project_id", "user_id"])
      assert.hasAllKeys((yield* ask(path, "1.28")).body, ["allocations", "project_id", "user_id", "consumer_generation"])
      assert.hasAllKeys((yield* ask(path, "1.37")).body, ["allocations", "project_id", "user_id", "consumer_generation"])
      assert.strictEqual((yield* ask(path)).headers["last-modified"], "Tue, 01 Jan 2030 11:00:00 GMT")
    }).pipe(Effect.provide(world)))

  it.effect("are empty for whoever holds nothing", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putServer(1, { vmState: "deleted" })
      yield* putServer(2, { host: null, vmState: "error" })
      for (const consumer of [uuid(2001), uuid(2002), uuid(7), "nobody"]) {
        const { body, status } = yield* ask(`/allocations/${consumer}`)
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(body, { allocations: {} })
      }
      assert.deepStrictEqual((yield* ask("/usages?project_id=project")).body, { usages: {} })
    }).pipe(Effect.provide(world)))

  it.effect("sum up for projects and users; since 1.38 by type", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putServer(1, { userId: "alice" })
      yield* putServer(2, { userId: "bob" })
      yield* putServer(3, { projectId: "other" })
      yield* putServer(4, { host: null, vmState: "building" })
      const usages = (query: string, version?: string) => Effect.map(ask(`/usages?${query}`, version), ({ body }) => at(body, "usages"))
      const two = { VCPU: 8, MEMORY_MB: 16_384, DISK_GB: 32 }
      const one = { VCPU: 4, MEMORY_MB: 8192, DISK_GB: 16 }
      assert.deepStrictEqual(yield* usages("project_id=project", "1.37"), two)
      assert.deepStrictEqual(yield* usages("project_id=project&user_id=alice", "1.9"), one)
      assert.deepStrictEqual(yield* usages("project_id=nobody", "1.9"), {})
      assert.deepStrictEqual(yield* usages("project_id=project"), { INSTANCE: { ...two, consumer_count: 2 } })
      assert.deepStrictEqual(yield* usages("project_id=project&consumer_type=INSTANCE"), { INSTANCE: { ...two, consumer_count: 2 } })
      assert.deepStrictEqual(yield* usages("project_id=project&user_id=bob&consumer_type=all"), { all: { ...one, consumer_count: 1 } })
      for (const type of ["unknown", "VOLUME"]) assert.deepStrictEqual(yield* usages(`project_id=project&consumer_type=${type}`), {})
      for (const [query, version] of [["project_id=", "1.9"], ["project_id=p&consumer_type=INSTANCE", "1.37"], ["project_id=p&consumer_type=x", "1.38"]]) {
        assert.strictEqual((yield* ask(`/usages?${query}`, version)).status, 400, query)
      }
      assert.strictEqual((yield* ask(`/usages?project_id=${"x".repeat(256)}`)).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("never exceed what their providers have, added up either way", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putHost(2)
      for (let number = 1; number <= 6; number++) {
        yield* putServer(number, { host: `host-${number % 2 + 1}`, projectId: number > 4 ? "other" : "project" })
      }
      const vcpus = (path: string, at38: string) => Effect.map(ask(path), ({ body }) => Number(at(body, at38)))
      const byProvider = (yield* vcpus(`/resource_providers/${uuid(1)}/usages`, "usages.VCPU")) +
        (yield* vcpus(`/resource_providers/${uuid(2)}/usages`, "usages.VCPU"))
      const byProject = (yield* vcpus("/usages?project_id=project", "usages.INSTANCE.VCPU")) +
        (yield* vcpus("/usages?project_id=other", "usages.INSTANCE.VCPU"))
      assert.strictEqual(byProvider, 24)
      assert.strictEqual(byProject, 24)
    }).pipe(Effect.provide(world)))
})

describe("resource classes and traits", () => {
  it.effect("are the standard ones, and those of the hosts", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1, { traits: ["CUSTOM_GOLD"] })
      const classes = items((yield* ask("/resource_classes")).body, "resource_classes")
      assert.includeMembers(classes.map((each) => text(each, "name")), ["VCPU", "PCPU", "MEMORY_MB", "DISK_GB", "VGPU", "SRIOV_NET_VF"])
      const pcpu = { name: "PCPU", links: [{ rel: "self", href: "/placement/resource_classes/PCPU" }] }
      assert.deepInclude(classes, pcpu)
      assert.deepStrictEqual((yield* ask("/resource_classes/PCPU")).body, pcpu)
      assert.strictEqual((yield* ask("/resource_classes/CUSTOM_X")).status, 404)

      const traits = (query: string) => Effect.map(ask(`/traits${query}`), ({ body }) => items(body, "traits"))
      assert.includeMembers([...yield* traits("")], ["CUSTOM_GOLD", "HW_CPU_X86_AVX512F", "COMPUTE_NODE"])
      assert.deepStrictEqual(yield* traits("?name=in:CUSTOM_GOLD,COMPUTE_NODE,NO_SUCH"), ["COMPUTE_NODE", "CUSTOM_GOLD"])
      assert.deepStrictEqual(yield* traits("?name=startswith:CUSTOM_"), ["CUSTOM_GOLD"])
      assert.deepStrictEqual(yield* traits("?associated=True"), ["COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_NODE", "CUSTOM_GOLD"])
      assert.deepStrictEqual(yield* traits("?associated=false&name=in:HW_CPU_X86_VMX,CUSTOM_GOLD"), ["HW_CPU_X86_VMX"])
      for (const query of ["name=CUSTOM_GOLD", "associated=maybe", "color=red"]) assert.strictEqual((yield* ask(`/traits?${query}`)).status, 400, query)

      const there = yield* ask("/traits/CUSTOM_GOLD")
      assert.strictEqual(there.status, 204)
      assert.strictEqual(there.text, "")
      assert.notProperty(there.headers, "content-type")
      assert.strictEqual((yield* ask("/traits/CUSTOM_LEAD")).status, 404)
    }).pipe(Effect.provide(world)))
})
