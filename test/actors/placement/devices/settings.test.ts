/** What operators say of devices: `[pci]device_spec` and `[pci]alias`. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseAliases } from "../../../../src/actors/placement/devices/aliases.ts"
import type { HostDevice } from "../../../../src/actors/placement/devices/Device.ts"
import { flavorDevices, isWanted } from "../../../../src/actors/placement/devices/DeviceRequest.ts"
import { assignable, parseDeviceSpecs } from "../../../../src/actors/placement/devices/deviceSpecs.ts"
import { gpu, nic } from "../../../fixtures/devices.ts"

const found = [gpu(1), gpu(2, 0, { productId: "20b0" }), ...nic(0x81, 2), ...nic(0x82, 1)]
const specs = (given: unknown) => Result.match(parseDeviceSpecs(typeof given === "string" ? given : JSON.stringify(given)), {
  onFailure: (problem) => problem, onSuccess: (all) => assignable(found, all)
})
const chosen = (given: unknown) => {
  const all = specs(given)
  return typeof all === "string" ? all : all.map(({ address }) => address.slice(5))
}

describe("a device_spec", () => {
  it.each<readonly [unknown, ReadonlyArray<string>]>([
    [{}, ["01:00.0", "02:00.0", "81:00.0", "81:01.0", "81:01.1", "82:00.0", "82:01.0"]],
    [{ vendor_id: "10DE" }, ["01:00.0", "02:00.0"]],
    [{ vendor_id: "10de", product_id: "20b0" }, ["02:00.0"]],
    [{ product_id: "*", vendor_id: "*", address: "*:82:*.*" }, ["82:00.0", "82:01.0"]],
    [{ address: "0000:81:01.1" }, ["81:01.1"]],
    // The address of a physical function means its virtual ones, too; a pattern does not.
    [{ address: "0000:81:00.0" }, ["81:00.0", "81:01.0", "81:01.1"]],
    [{ address: ":81:00." }, ["81:00.0"]],
    [{ address: "81:00" }, ["81:00.0"]],
    [{ address: ".1" }, ["81:01.1"]],
    [{ address: { bus: "8[1]", slot: "01", function: "[0-1]" } }, ["81:01.0", "81:01.1"]],
    [{ address: { domain: "0001" } }, []],
    [{ devname: "ens129" }, ["81:00.0", "81:01.0", "81:01.1"]],
    [{ devname: "ens130v0" }, ["82:01.0"]],
    [[{ vendor_id: "10de", product_id: "1eb8" }, { devname: "ens130v0" }], ["01:00.0", "82:01.0"]]
  ])("%j means %j", (given, expected) => assert.deepStrictEqual<unknown>(chosen(given), expected))

  it("says the rest of what it means, the first that means a device", () => {
    const all = specs([
      { address: "0000:81:01.0", physical_network: "net2" },
      { address: "0000:81:00.0", physical_network: "net1", trusted: true, resource_class: "fast-nic", traits: "HW_NIC_SRIOV, gold" },
      { devname: "ens130", physical_network: null }
    ]) as ReadonlyArray<HostDevice>
    assert.deepStrictEqual(all.map(({ isTrusted, physicalNetwork, resourceClass, traits }) => [physicalNetwork, isTrusted, resourceClass, traits]), [
      ["net1", true, "CUSTOM_FAST_NIC", ["HW_NIC_SRIOV", "CUSTOM_GOLD"]],
      ["net2", undefined, undefined, undefined],
      ["net1", true, "CUSTOM_FAST_NIC", ["HW_NIC_SRIOV", "CUSTOM_GOLD"]],
      [null, undefined, undefined, undefined],
      [null, undefined, undefined, undefined]
    ])
  })

  it.each<readonly [unknown, string]>([
    ["{", "must be a JSON object, or a JSON list of them"],
    ["[1]", "must be a JSON object, or a JSON list of them"],
    [{ vendor: "10de" }, "must keep the rules of its keys: vendor is not known there: there are vendor_id, product_id, address, devname, physical_network, trusted, resource_class, traits"],
    [[{}, { vendor_id: "10d" }], "must keep the rules of its keys: [1].vendor_id must be four hex digits, or *, not \"10d\""],
    [{ address: "0:0:0:0:0" }, "must keep the rules of its keys: address must be domain:bus:slot.function in hex, each a number or *, not \"0:0:0:0:0\""],
    [{ address: "81:20.0" }, "must keep the rules of its keys: address must have a slot of * or a hex number up to 1f, not \"81:20.0\""],
    [{ address: { bus: "[" } }, "must keep the rules of its keys: address must have a regular expression as bus, not {\"bus\":\"[\"}"],
    [{ address: 1 }, "must keep the rules of its keys: address must be a text, or an object of regular expressions, not 1"],
    [{ address: "*:81:*.*", devname: "ens1" }, "must keep the rules of its keys: devname and address must not both be there"],
    [{ trusted: "perhaps" }, "must keep the rules of its keys: trusted must be true or false, not \"perhaps\""],
    [{ physical_network: "" }, "must keep the rules of its keys: physical_network must be a text that is not empty, not \"\""]
  ])("%j is refused", (given, problem) => assert.strictEqual<unknown>(specs(given), problem))
})

const aliases = (...given: ReadonlyArray<unknown>) => parseAliases(JSON.stringify(given))
const t4 = { name: "gpu", vendor_id: "10de", product_id: "1eb8" }

describe("an alias", () => {
  it.each<readonly [string, ReadonlyArray<unknown>, ReadonlyArray<string>]>([
    ["of one device", [t4], ["01:00.0"]],
    ["of one or another", [t4, { ...t4, product_id: "20B0" }], ["01:00.0", "02:00.0"]],
    // Same ids or not: a whole card is for those who ask for its type.
    ["of virtual functions", [{ ...t4, vendor_id: "8086", product_id: "154c" }], ["81:01.0", "81:01.1", "82:01.0"]],
    ["of cards, which it does not say", [{ ...t4, vendor_id: "8086", product_id: "1572" }], []],
    ["of cards", [{ ...t4, vendor_id: "8086", product_id: "1572", device_type: "type-PF" }], ["81:00.0", "82:00.0"]],
    ["of a class", [{ name: "gpu", resource_class: "CUSTOM_PCI_10DE_20B0" }], ["02:00.0"]],
    ["of a class and a trait that nobody has", [{ name: "gpu", resource_class: "CUSTOM_PCI_10DE_20B0", traits: "gold" }], []]
  ])("%s", (_, given, expected) => {
    const [request] = Result.getOrThrow(flavorDevices({ vcpus: 1, ramMb: 1, extraSpecs: { "pci_passthrough:alias": "gpu:1" } }, {}, Result.getOrThrow(aliases(...given))))
    assert.deepStrictEqual(found.filter((device) => isWanted(request!, device)).map(({ address }) => address.slice(5)), expected)
  })

  it.each<readonly [ReadonlyArray<unknown>, string]>([
    [[{ vendor_id: "10de", product_id: "1eb8" }], "must keep the rules of its keys: name must be there"],
    [[{ ...t4, device_type: "vdpa" }], "must keep the rules of its keys: device_type must be one of type-PCI, type-PF, type-VF, not \"vdpa\""],
    [[{ ...t4, numa_policy: "near" }], "must keep the rules of its keys: numa_policy must be one of required, legacy, preferred, socket, not \"near\""],
    [[{ ...t4, name: "a:b" }], "must keep the rules of its keys: name must have neither a colon nor a comma, not \"a:b\""],
    [[{ name: "gpu", vendor_id: "10de" }], "must give alias gpu vendor_id and product_id, or resource_class"],
    [[t4, { ...t4, numa_policy: "required" }], "must give all entries of alias gpu one numa_policy"],
    [[t4, { ...t4, device_type: "type-VF" }], "must give all entries of alias gpu one device_type"]
  ])("%j is refused", (given, problem) => assert.deepStrictEqual(aliases(...given), Result.fail(problem)))

  it.each<readonly [string, { readonly [key: string]: string }, { readonly [key: string]: string }, string]>([
    ["the alias' policy", {}, {}, "required"],
    ["the flavor's before the alias'", { "hw:pci_numa_affinity_policy": "socket" }, {}, "socket"],
    ["the image's before the alias'", {}, { hw_pci_numa_affinity_policy: "preferred" }, "preferred"],
    ["neither, where flavor and image contradict", { "hw:pci_numa_affinity_policy": "socket" }, { hw_pci_numa_affinity_policy: "preferred" }, "ImagePCINUMAPolicyForbidden"]
  ])("%s", (_, extraSpecs, image, expected) => {
    const known = Result.getOrThrow(aliases({ ...t4, numa_policy: "required" }))
    const asked = flavorDevices({ vcpus: 1, ramMb: 1, extraSpecs: { "pci_passthrough:alias": " gpu : 2 ,gpu:0", ...extraSpecs } }, image, known)
    assert.strictEqual(Result.match(asked, { onFailure: ({ code }) => code, onSuccess: (all) => all.map(({ count, policy }) => count === 2 ? policy : "").join() }), expected)
  })
})
