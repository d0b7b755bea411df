/** From a server's flavor, image and place to what its hypervisor is told. */
import { assert, describe, it } from "@effect/vitest"
import { domainHardware } from "../../../src/actors/host/domainHardware.ts"
import type { Host } from "../../../src/actors/host/Host.ts"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { NumaFit } from "../../../src/actors/instance/numaFit.ts"
import { anInstance } from "../../fixtures/instances.ts"
import { aHost } from "../../fixtures/numaHosts.ts"

const server = (extraSpecs: Record<string, string>, more: Partial<Instance> = {}, vcpus = 2): Instance => {
  const plain = anInstance()
  return { ...plain, flavor: { ...plain.flavor, vcpus, ramMb: 1024, extraSpecs }, ...more }
}
type Cell = NumaFit["cells"][number]
const cell = (change: Partial<Cell> & { readonly guest: Cell["guest"] }): Cell =>
  ({ hostCell: 0, pageSizeKb: null, pins: [], reserved: [], taken: [], ...change })

const both: Cell["guest"] = { id: 0, sharedCpus: [], dedicatedCpus: [0, 1], memoryMb: 1024 }
const pinned: NumaFit = { cells: [cell({ guest: both, pins: [[0, 2], [1, 6]], taken: [2, 6] })] }
const apart: Host["cpuSets"] = { shared: [0, 4], dedicated: [1, 2, 3, 5, 6, 7] }

describe("the hardware of a server", () => {
  it("is the CPUs alone, where nothing more is asked for", () =>
    assert.deepStrictEqual(domainHardware(server({}), aHost()), { cpuTopology: { sockets: 2, cores: 1, threads: 1 } }))

  it("keeps CPUs that nobody is pinned to off those set apart", () =>
    assert.deepStrictEqual(domainHardware(server({ "hw:cpu_threads": "2" }), aHost({ cpuSets: apart })), {
      cpuTopology: { sockets: 1, cores: 1, threads: 2 }, sharedCpus: [0, 4]
    }))

  it("puts the emulator beside the pinned CPUs", () =>
    assert.deepStrictEqual(domainHardware(server({ "hw:cpu_policy": "dedicated" }, { numa: pinned }), aHost()).numa, {
      cells: [{ cpus: [0, 1], memoryMb: 1024, hostCell: 0, hugePageKb: null }],
      pins: [{ cpu: 0, hostCpus: [2] }, { cpu: 1, hostCpus: [6] }], emulatorCpus: [2, 6], realtimeCpus: []
    }))

  const emulator = (extraSpecs: Record<string, string>, numa: NumaFit, cpuSets?: Host["cpuSets"]) =>
    domainHardware(server({ "hw:cpu_policy": "dedicated", ...extraSpecs }, { numa }), aHost(cpuSets === undefined ? {} : { cpuSets })).numa?.emulatorCpus
  const isolated: NumaFit = { cells: [cell({ guest: both, pins: [[0, 2], [1, 6]], reserved: [3], taken: [2, 6, 3] })] }
  it.each([
    ["isolate: on the CPU reserved for it", { "hw:emulator_threads_policy": "isolate" }, isolated, undefined, [3]],
    ["share: on the host's shared CPUs", { "hw:emulator_threads_policy": "share" }, pinned, apart, [0, 4]],
    ["share, and none set apart: beside the guest's", { "hw:emulator_threads_policy": "share" }, pinned, undefined, [2, 6]],
    ["realtime: beside those that are not", { "hw:cpu_realtime": "yes", "hw:cpu_realtime_mask": "^0" }, pinned, undefined, [2]]
  ] as const)("has its emulator threads by policy, %s", (_, specs, numa, cpuSets, expected) =>
    assert.deepStrictEqual(emulator(specs, numa, cpuSets), expected))

  it("locks the memory of realtime guests, and of those that ask", () => {
    const realtime = domainHardware(
      server({ "hw:cpu_policy": "dedicated", "hw:cpu_realtime": "yes", "hw:cpu_realtime_mask": "^0" }, { numa: pinned }), aHost()
    )
    assert.deepStrictEqual([realtime.isMemoryLocked, realtime.numa?.realtimeCpus], [true, [1]])
    assert.isTrue(domainHardware(server({ "hw:mem_page_size": "small", "hw:locked_memory": "true" }), aHost()).isMemoryLocked)
  })

  it("mixes pinned CPUs with CPUs that float over the shared ones of their node", () => {
    const guest = { id: 0, sharedCpus: [0, 2], dedicatedCpus: [1, 3], memoryMb: 1024 }
    const numa = { cells: [cell({ guest, hostCell: 1, pins: [[1, 3], [3, 7]], taken: [3, 7] })] }
    const mixed = server({ "hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "1,3" }, { numa }, 4)
    assert.deepStrictEqual(domainHardware(mixed, aHost({ cpuSets: { shared: [0, 2, 6], dedicated: [3, 7] } })).numa, {
      cells: [{ cpus: [0, 1, 2, 3], memoryMb: 1024, hostCell: 1, hugePageKb: null }],
      pins: [{ cpu: 0, hostCpus: [2, 6] }, { cpu: 1, hostCpus: [3] }, { cpu: 2, hostCpus: [2, 6] }, { cpu: 3, hostCpus: [7] }],
      emulatorCpus: [2, 3, 6, 7], realtimeCpus: []
    })
  })

  it("names the pages that are no base pages", () => {
    const sizes = (pageSizeKb: number) => domainHardware(
      server({ "hw:mem_page_size": "any" }, { numa: { cells: [cell({ guest: { ...both, sharedCpus: [0, 1], dedicatedCpus: [] }, pageSizeKb })] } }),
      aHost()
    ).numa?.cells.map(({ hugePageKb }) => hugePageKb)
    assert.deepStrictEqual([sizes(4), sizes(2048)], [[null], [2048]])
  })

  it("is what it always was for a server whose wishes were never checked", () =>
    assert.deepStrictEqual(domainHardware(server({ "hw:cpu_policy": "nonsense" }), aHost()), {}))
})
