/** What flavors and images ask of Placement, by Nova's table. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { demandOf } from "../../../../src/actors/placement/demand/Demand.ts"
import { takenBy } from "../../../../src/actors/placement/demand/Taken.ts"
import { checkImplied } from "../../../../src/actors/placement/demand/implied.ts"

const flavorOf = (extraSpecs: Record<string, string>) =>
  ({ id: "f", name: "f", vcpus: 4, ramMb: 2048, diskGb: 10, ephemeralGb: 5, swapMb: 1025, extraSpecs })
const asked = (extraSpecs: Record<string, string>, imageProperties: Record<string, string> = {}) => demandOf({ flavor: flavorOf(extraSpecs), imageProperties })

describe("a demand", () => {
  it("is the flavor's own sizes, swap in whole GiB", () => {
    const { diskGb, ramMb, vcpus } = asked({})
    assert.deepStrictEqual([vcpus, ramMb, diskGb], [4, 2048, 17])
  })

  it("is what extra specs say instead, in any group; 0 drops a class", () => {
    const { diskGb, ramMb, resources, vcpus } = asked({
      "resources:VCPU": "2", "resources1:MEMORY_MB": "64", "resources2:MEMORY_MB": "64", "resources:DISK_GB": "0", "resources:CUSTOM_A": "0", "resources_ab:VGPU": "1"
    })
    assert.deepStrictEqual([vcpus, ramMb, diskGb, resources], [2, 128, 0, [["VGPU", 1]]])
  })

  it("is too much where extra specs ask for too much, and the flavor's own where they are no number", () => {
    const { ramMb, vcpus } = asked({ "resources:VCPU": "9".repeat(400), "resources:MEMORY_MB": "-1" })
    assert.deepStrictEqual([vcpus, ramMb], [Number.MAX_SAFE_INTEGER, 2048])
  })

  it("leaves to each suffix what is its own", () => {
    const { forbidden, groups, required, resourceGroupPolicy } = asked({
      "resources1:VGPU": "1", "trait1:CUSTOM_A": "required", "trait1:CUSTOM_B": "forbidden", "trait:CUSTOM_C": "required", "trait:CUSTOM_D": "forbidden",
      "trait2:CUSTOM_E": "perhaps", "resources3:VGPU": "many", group_policy: "isolate"
    })
    assert.deepStrictEqual(groups, [{ suffix: "1", resources: [["VGPU", 1]], required: ["CUSTOM_A"], forbidden: ["CUSTOM_B"] }])
    assert.deepStrictEqual([required, forbidden, resourceGroupPolicy], [["CUSTOM_C"], ["CUSTOM_D"], "isolate"])
  })

  it.each([
    [{ "hw:tpm_version": "2.0" }, {}, ["COMPUTE_SECURITY_TPM_2_0", "COMPUTE_SECURITY_TPM_TIS"]],
    [{ "hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb" }, {}, ["COMPUTE_SECURITY_TPM_2_0", "COMPUTE_SECURITY_TPM_CRB"]],
    [{ "hw:tpm_model": "tpm-crb" }, {}, []],
    [{}, { hw_tpm_version: "1.2" }, ["COMPUTE_SECURITY_TPM_1_2", "COMPUTE_SECURITY_TPM_TIS"]],
    [{ "os:secure_boot": "required" }, {}, ["COMPUTE_SECURITY_UEFI_SECURE_BOOT"]],
    [{ "os:secure_boot": "disabled" }, {}, []],
    [{}, { hw_firmware_stateless: "true" }, ["COMPUTE_SECURITY_STATELESS_FIRMWARE"]],
    [{ "hw:viommu_model": "smmuv3" }, {}, ["COMPUTE_VIOMMU_MODEL_SMMUV3"]],
    [{ "hw:virtio_packed_ring": "true" }, {}, ["COMPUTE_NET_VIRTIO_PACKED"]],
    [{ "hw:maxphysaddr_mode": "emulate" }, {}, ["COMPUTE_ADDRESS_SPACE_EMULATED"]],
    [{ "hw:ephemeral_encryption": "true", "hw:ephemeral_encryption_format": "luks" }, {}, ["COMPUTE_EPHEMERAL_ENCRYPTION", "COMPUTE_EPHEMERAL_ENCRYPTION_LUKS"]],
    [{ "hw:sound_model": "virtio" }, {}, ["COMPUTE_SOUND_MODEL_VIRTIO"]],
    [{ "hw:sound_model": "ich6" }, {}, []],
    [{}, { "trait:CUSTOM_A": "required" }, ["CUSTOM_A"]]
  ] as const)("asks for the traits of %j and %j", (extraSpecs, image, traits) => {
    assert.deepStrictEqual(asked(extraSpecs, image).required, [...traits])
  })

  it("asks for a context and a trait of encrypted memory, and a class for each label of persistent memory", () => {
    const { required, resources } = asked({ "hw:mem_encryption": "true" }, { hw_firmware_type: "uefi", hw_machine_type: "q35" })
    assert.deepStrictEqual([required, resources], [["HW_CPU_X86_AMD_SEV"], [["MEM_ENCRYPTION_CONTEXT", 1]]])
    assert.deepStrictEqual(asked({ "hw:pmem": "6GB,medium,6GB" }).resources, [["CUSTOM_PMEM_NAMESPACE_6GB", 2], ["CUSTOM_PMEM_NAMESPACE_MEDIUM", 1]])
  })
})

describe("what a server takes of its host", () => {
  it("is what other providers do not give, of every class", () => {
    const demand = asked({ "resources1:VCPU": "2", "resources2:VCPU": "1", "resources1:CUSTOM_A": "1", "resources:CUSTOM_A": "2", "resources:MEMORY_MB": "64" })
    const { others, ramMb, vcpus } = takenBy(demand, { child: { VCPU: 2, CUSTOM_A: 1 }, other: { MEMORY_MB: 64 } })
    assert.deepStrictEqual([vcpus, ramMb, [...others]], [1, 0, [["CUSTOM_A", 2]]])
  })
})

describe("flavor and image", () => {
  const refusalOf = (extraSpecs: Record<string, string>, image: Record<string, string>) =>
    Result.match(checkImplied(flavorOf(extraSpecs), image), { onFailure: ({ code, message }) => `${code}: ${message}`, onSuccess: () => null })
  it.each([
    [{ "hw:tpm_version": "2.0" }, { hw_tpm_version: "1.2" }, "FlavorImageConflict: hw:tpm_version=2.0 of the flavor contradicts hw_tpm_version=1.2 of the image: they must agree."],
    [{ "os:secure_boot": "required" }, { os_secure_boot: "disabled" }, "FlavorImageConflict: os:secure_boot=required of the flavor contradicts os_secure_boot=disabled of the image: they must agree."],
    [{ "hw:virtio_packed_ring": "true" }, { hw_virtio_packed_ring: "yes" }, null],
    [{ "hw:tpm_version": "1.2" }, { hw_tpm_model: "tpm-crb" }, "Invalid: hw:tpm_model=tpm-crb needs hw:tpm_version=2.0."]
  ] as const)("%j and %j: %s", (extraSpecs, image, expected) => assert.strictEqual(refusalOf(extraSpecs, image), expected))
})
