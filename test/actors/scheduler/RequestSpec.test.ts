import { assert, describe, it } from "vitest"
import { requestSpecOf } from "../../../src/actors/scheduler/RequestSpec.ts"
import { anInstance } from "../../fixtures/instances.ts"

const around = { groupHosts: new Map<string, number>(), hostOf: (id: string) => id === "there" ? "host-9" : null }
const specOf = (extraSpecs: { readonly [key: string]: string }, more: Parameters<typeof anInstance>[0] = {}) =>
  requestSpecOf(anInstance({ ...more, flavor: { ...anInstance().flavor, vcpus: 4, ramMb: 1024, diskGb: 5, ephemeralGb: 1, swapMb: 1, extraSpecs } }), around)
const hinted = (hints: { readonly [key: string]: string | ReadonlyArray<string> }) =>
  specOf({}, { wish: { ...anInstance().wish, hints: hints as { [key: string]: string } } })

describe("a request", () => {
  it("asks for the flavor's resources, root, ephemeral and swap together", () => {
    const { diskGb, ramMb, vcpus } = specOf({})
    assert.deepStrictEqual([vcpus, ramMb, diskGb], [4, 1024, 7])
  })

  it("asks for what resources: names instead, and for nothing of a class that is 0 there", () => {
    const spec = specOf({ "resources:VCPU": "2", "resources:MEMORY_MB": "0", "resources1:CUSTOM_GPU": "1", "resources2:CUSTOM_GPU": "2" })
    assert.deepStrictEqual([spec.vcpus, spec.ramMb, spec.diskGb, spec.resources], [2, 0, 7, [["CUSTOM_GPU", 3]]])
  })

  it("has the traits of flavor and image, each once", () => {
    const spec = specOf({ "trait:HW_A": "required", "trait:HW_B": "forbidden" }, { imageProperties: { "trait:HW_A": "required", "trait:HW_C": "required" } })
    assert.deepStrictEqual([spec.required, spec.forbidden], [["HW_A", "HW_C"], ["HW_B"]])
  })

  it("reads capabilities and aggregates' specs off the extra specs, those of no namespace for both", () => {
    const spec = specOf({ "capabilities:cpu_info:arch": "x86_64", "aggregate_instance_extra_specs:ssd": "true", plain: "1", group_policy: "none", num_instances: "< 9", "hw:x": "1" })
    assert.deepStrictEqual(spec.capabilities, [["cpu_info:arch", "x86_64"], ["num_instances", "< 9"]])
    assert.deepStrictEqual(spec.aggregateSpecs, [["num_instances", "< 9"], ["plain", "1"], ["ssd", "true"]])
  })

  it("has NUMA cells where the flavor asks for them", () => {
    const { numa, pinnedCpus } = specOf({ "hw:cpu_policy": "dedicated", "hw:numa_nodes": "2" })
    assert.deepStrictEqual([numa?.cells.length, pinnedCpus], [2, 4])
    assert.isNull(specOf({}).numa)
  })

  it("finds the hosts of the servers its hints name", () => {
    assert.deepStrictEqual(hinted({ same_host: "there" }).sameHosts, ["host-9"])
    assert.deepStrictEqual(hinted({ different_host: ["there", "nowhere"] }).differentHosts, ["host-9"])
    assert.isNull(hinted({}).sameHosts)
    assert.strictEqual(hinted({ build_near_host_ip: "10.0.0.1" }).near, "10.0.0.1/24")
    assert.strictEqual(hinted({ build_near_host_ip: "10.0.0.1", cidr: "16" }).near, "10.0.0.1/16")
    assert.strictEqual(hinted({ query: ["=", "$host", "a"] }).query, "[\"=\",\"$host\",\"a\"]")
  })
})
