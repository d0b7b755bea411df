/** Where guests go on hosts, and why not: cases whose answers are known by hand. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { explain } from "../../../../src/actors/placement/numa/explain.ts"
import { fit } from "../../../../src/actors/placement/numa/fit.ts"
import type { GuestTopology } from "../../../../src/actors/placement/numa/GuestTopology.ts"
import type { HostTopology } from "../../../../src/actors/placement/numa/HostTopology.ts"
import { violationsOf } from "./checker.ts"
import { cellOf, guestOf, hostOf } from "./guests.ts"

type Options = Parameters<typeof fit>[2]

/** `1[4 5]+6`: in host cell 1, pinned to 4 and 5, 6 for the emulator. */
const placeOf = (host: HostTopology, guest: GuestTopology, options?: Options): string =>
  Result.match(fit(host, guest, options), {
    onFailure: explain,
    onSuccess: (fitted) => {
      assert.deepStrictEqual(violationsOf(host, guest, fitted, options?.limits ?? null), [])
      return fitted.cells.map(({ hostCell, pins, reserved }) =>
        `${hostCell}[${pins.map(([, cpu]) => cpu).join(" ")}]${reserved.map((cpu) => `+${cpu}`).join("")}`).join(" ")
    }
  })
const dedicated = (vcpus: number, more: { readonly [name: string]: string } = {}) => guestOf(vcpus, 1024, { cpu_policy: "dedicated", ...more })
const pinned = (...cpus: ReadonlyArray<number>) => ({ pinned: new Set(cpus) })
const undivided = (cores: number, threads: number) => ({ sharedCpus: cellOf(0, cores, threads).dedicatedCpus })

describe("pinning", () => {
  it("takes whole cores, as many siblings as it can", () => {
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 2)), dedicated(4)), "0[0 1 2 3]")
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 2, pinned(0))), dedicated(4)), "0[2 3 4 5]")
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 2)), dedicated(3)), "0[0 1 2]")
  })
  it("takes one thread of each core where siblings are too few", () =>
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 2, pinned(3, 5, 7))), dedicated(4)), "0[0 2 4 6]"))
  it("takes whatever is free where cores are too few for that", () =>
    assert.strictEqual(placeOf(hostOf(cellOf(0, 3, 2, pinned(0))), dedicated(5)), "0[1 2 3 4 5]"))
  it("never takes a thread without its sibling under require, but the odd one", () => {
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 2, pinned(1))), dedicated(3, { cpu_thread_policy: "require" })), "0[2 3 4]")
    assert.match(placeOf(hostOf(cellOf(0, 4, 2, pinned(0, 2, 4))), dedicated(4, { cpu_thread_policy: "require" })), /4 CPUs with a free sibling needed, 2 there/)
    assert.match(placeOf(hostOf(cellOf(0, 8, 1)), dedicated(2, { cpu_thread_policy: "require" })), /needs hyperthreads/)
  })
  it("isolates on cores without siblings, and on a host that sets no CPUs apart takes the siblings too", () => {
    const isolated = dedicated(2, { cpu_thread_policy: "isolate" })
    assert.strictEqual(placeOf(hostOf(cellOf(0, 8, 1, pinned(0))), isolated), "0[1 2]")
    assert.match(placeOf(hostOf(cellOf(0, 4, 2)), isolated), /isolate needs a host without hyperthreads/)
    const host = hostOf(cellOf(0, 4, 2, { ...undivided(4, 2), ...pinned(3) }))
    assert.strictEqual(placeOf(host, isolated), "0[0 4]")
    assert.deepStrictEqual(Result.getOrThrow(fit(host, isolated)).cells[0]!.taken, [0, 1, 4, 5])
  })
  it("keeps a CPU for the emulator beside guest cell 0", () => {
    const guest = guestOf(4, 1024, { cpu_policy: "dedicated", numa_nodes: "2", emulator_threads_policy: "isolate" })
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 1), cellOf(1, 4, 1)), guest), "0[0 1]+2 1[4 5]")
    assert.match(placeOf(hostOf(cellOf(0, 4, 1)), dedicated(4, { emulator_threads_policy: "isolate" })), /5 CPUs for dedicated use needed, 4 there/)
  })
  it("takes a whole core for the emulator of an isolated guest", () => {
    const guest = dedicated(2, { cpu_thread_policy: "isolate", emulator_threads_policy: "isolate" })
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 2, { ...undivided(4, 2), ...pinned(0) })), guest), "0[2 4]+6")
    assert.match(placeOf(hostOf(cellOf(0, 3, 2, { ...undivided(3, 2), ...pinned(0) })), guest), /3 cores with the emulator's own needed, 2 there/)
  })
  it("pins the dedicated CPUs of a mixed guest alone, and floats the others over the shared ones", () => {
    const mixed = guestOf(4, 1024, { cpu_policy: "mixed", cpu_dedicated_mask: "2-3" })
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 1, { sharedCpus: [10, 11] })), mixed), "0[0 1]")
    assert.match(placeOf(hostOf(cellOf(0, 4, 1, { sharedCpus: [10] })), mixed), /2 CPUs for shared use needed, 1 there/)
  })
})

describe("host cells", () => {
  it("that are used less come first, more where they are packed", () => {
    const host = hostOf(cellOf(0, 4, 1, pinned(0)), cellOf(1, 4, 1))
    assert.strictEqual(placeOf(host, dedicated(2)), "1[4 5]")
    assert.strictEqual(placeOf(host, dedicated(2), { limits: null, isPacked: true }), "0[1 2]")
  })
  it("that are as free come by free memory", () => {
    const host = hostOf(cellOf(0, 4, 1, { memoryUsedMb: 1 }), cellOf(1, 4, 1))
    assert.strictEqual(placeOf(host, dedicated(2)), "1[4 5]")
  })
  it("are as listed for a guest that needs them all", () =>
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 1, pinned(0)), cellOf(1, 4, 1)), guestOf(2, 1024, { cpu_policy: "dedicated", numa_nodes: "2" })), "0[1] 1[4]"))
  it("are swapped where that is the only way", () => {
    const guest = guestOf(4, 1024, { cpu_policy: "dedicated", numa_nodes: "2", "numa_cpus.0": "0-2", "numa_mem.0": "512", "numa_cpus.1": "3", "numa_mem.1": "512" })
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 1, pinned(0, 1)), cellOf(1, 4, 1)), guest), "1[4 5 6] 0[2]")
  })
  it("hold one guest cell each", () => {
    const two = guestOf(4, 1024, { cpu_policy: "dedicated", numa_nodes: "2" })
    assert.strictEqual(placeOf(hostOf(cellOf(0, 4, 1)), two), "2 NUMA nodes needed, 1 there")
    assert.strictEqual(
      placeOf(hostOf(cellOf(0, 4, 1), cellOf(1, 4, 1, pinned(4, 5, 6, 7))), two),
      "no 2 different NUMA nodes fit at once; " +
        "guest NUMA node 0 on host NUMA node 1: 2 CPUs free for dedicated use needed, 0 there; " +
        "guest NUMA node 1 on host NUMA node 1: 2 CPUs free for dedicated use needed, 0 there"
    )
  })
})

describe("memory", () => {
  const pagesOf = (host: HostTopology, memoryMb: number, size: string) =>
    Result.match(fit(host, guestOf(1, memoryMb, { mem_page_size: size })), { onFailure: explain, onSuccess: ({ cells }) => cells[0]!.pageSizeKb })
  const host = hostOf(cellOf(0, 1, 1, { sharedCpus: [0] }))

  it("comes from the pages asked for", () => {
    assert.strictEqual(pagesOf(host, 1024, "small"), 4)
    assert.strictEqual(pagesOf(host, 1024, "large"), 2048)
    assert.strictEqual(pagesOf(host, 1024, "any"), 2048)
    assert.strictEqual(pagesOf(host, 2048, "any"), 4)
    assert.strictEqual(pagesOf(host, 1023, "any"), 4)
    assert.match(String(pagesOf(host, 2048, "large")), /2048 MiB in free pages needed, 1024 there/)
    assert.match(String(pagesOf(host, 1023, "2MB")), /1023 MiB are no whole number of pages/)
    assert.match(String(pagesOf(host, 1024, "1GiB")), /no pages of 1048576 KiB/)
  })
  it("leaves reserved pages alone", () => {
    const reserved = hostOf(cellOf(0, 1, 1, { sharedCpus: [0], pages: [{ sizeKb: 4, total: 1024, reserved: 512, used: 0 }] }))
    assert.match(String(pagesOf(reserved, 3, "small")), /3 MiB in free pages needed, 2 there/)
  })
  it("may be promised twice only where nothing is pinned and no page size is asked for", () => {
    const full = hostOf(cellOf(0, 2, 1, { sharedCpus: [0, 1], pages: [{ sizeKb: 4, total: 2 ** 19, reserved: 0, used: 2 ** 19 }], memoryMb: 2048, memoryUsedMb: 2048 }))
    assert.strictEqual(placeOf(full, guestOf(1, 2048, { numa_nodes: "1" })), "0[]")
    assert.match(placeOf(full, guestOf(1, 2049, { numa_nodes: "1" })), /2049 MiB of memory needed, 2048 there/)
    assert.match(placeOf(full, dedicated(1)), /1024 MiB of memory needed, 0 there/)
  })
  it("and shared CPUs keep to the ratios", () => {
    const used = hostOf(cellOf(0, 2, 1, { sharedCpus: [0, 1], sharedCpusUsed: 3, memoryUsedMb: 5000 }))
    const within = (cpuRatio: number, ramRatio: number) => placeOf(used, guestOf(1, 1024, { numa_nodes: "1" }), { limits: { cpuRatio, ramRatio }, isPacked: false })
    assert.strictEqual(within(2, 2), "0[]")
    assert.match(within(1.5, 2), /1 CPUs within the CPU allocation ratio needed, 0 there/)
    assert.match(within(2, 1), /1024 MiB within the RAM allocation ratio needed, 120 there/)
  })
})
