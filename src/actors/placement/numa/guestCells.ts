import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { parseCpus } from "./cpuSpec.ts"
import type { GuestCell } from "./GuestTopology.ts"
import { type HardwareWish, spec } from "./HardwareWish.ts"
import { eachNode } from "./imageWish.ts"
import { contradiction } from "./refusal.ts"
import { wholeNumber } from "./values.ts"

const forbidden = (name: string) =>
  contradiction("ImageNUMATopologyForbidden", `Image property hw_${name} cannot be used where the flavor has hw:${name}: only one of them may say it.`)

/** `hw:numa_nodes` of the flavor or of the image, not of both; `null`: nobody asks. */
export const nodeCountOf = (wish: HardwareWish): Result.Result<number | null, Refusal> => {
  const flavor = spec(wish, "numa_nodes")
  const image = wish.image.numaNodes
  if (flavor !== null && image !== null && image !== 0) return forbidden("numa_nodes")
  const asked = flavor ?? image
  if (asked === null) return Result.succeed(null)
  const nodes = wholeNumber(asked)
  return nodes === null || nodes < 1 || String(nodes) !== String(asked)
    ? contradiction("InvalidNUMANodesNumber", `hw:numa_nodes is '${asked}', it must be a whole number from 1 on.`)
    : Result.succeed(nodes)
}

const unique = <A>(name: string, flavor: A | null, image: A | null): Result.Result<A | null, Refusal> =>
  flavor !== null && image !== null ? forbidden(name) : Result.succeed(flavor ?? image)

const cpusOf = (wish: HardwareWish) =>
  Result.flatMap(eachNode(wish.extraSpecs, "hw:numa_cpus", (key) => parseCpus(wish.extraSpecs[key]!)),
    (flavor) => unique("numa_cpus", flavor, wish.image.numaCpus))

const memoryOf = (wish: HardwareWish) =>
  Result.flatMap(eachNode(wish.extraSpecs, "hw:numa_mem", (key) => {
    const mb = wholeNumber(wish.extraSpecs[key]!)
    return mb === null ? contradiction("InvalidRequest", `${key} is '${wish.extraSpecs[key]}', it must be a whole number of MB.`) : Result.succeed(mb)
  }), (flavor) => unique("numa_mem", flavor, wish.image.numaMemoryMb))

const cellOf = (id: number, cpus: ReadonlyArray<number>, memoryMb: number, dedicated: ReadonlySet<number>): GuestCell => ({
  id, memoryMb,
  sharedCpus: cpus.filter((cpu) => !dedicated.has(cpu)),
  dedicatedCpus: cpus.filter((cpu) => dedicated.has(cpu))
})

/** CPUs and memory in equal parts. */
const equalCells = (wish: HardwareWish, nodes: number, dedicated: ReadonlySet<number>): Result.Result<ReadonlyArray<GuestCell>, Refusal> => {
  const { memoryMb, vcpus } = wish
  if (vcpus % nodes > 0 || memoryMb % nodes > 0) {
    return contradiction("ImageNUMATopologyAsymmetric", `${vcpus} vcpus and ${memoryMb} MB do not divide evenly among ${nodes} NUMA nodes: say what each gets with hw:numa_cpus.N and hw:numa_mem.N.`)
  }
  const each = vcpus / nodes
  return Result.succeed(Array.from({ length: nodes }, (_, node) =>
    cellOf(node, Array.from({ length: each }, (__, at) => node * each + at), memoryMb / nodes, dedicated)))
}

/** Each CPU in one node, all of the memory, as the lists say. */
const listedCells = (
  wish: HardwareWish, cpus: ReadonlyArray<ReadonlySet<number>>, memoryMb: ReadonlyArray<number>, dedicated: ReadonlySet<number>
): Result.Result<ReadonlyArray<GuestCell>, Refusal> => {
  const taken = new Set<number>()
  for (const ofNode of cpus) {
    for (const cpu of ofNode) {
      if (cpu >= wish.vcpus) return contradiction("ImageNUMATopologyCPUOutOfRange", `hw:numa_cpus names CPU ${cpu}; the flavor's are 0 to ${wish.vcpus - 1}.`)
      if (taken.has(cpu)) return contradiction("ImageNUMATopologyCPUDuplicates", `hw:numa_cpus puts CPU ${cpu} in two NUMA nodes: each is in one.`)
      taken.add(cpu)
    }
  }
  if (taken.size < wish.vcpus) {
    return contradiction("ImageNUMATopologyCPUsUnassigned", `hw:numa_cpus puts ${taken.size} of ${wish.vcpus} vcpus in NUMA nodes: each must be in one.`)
  }
  const total = memoryMb.reduce((sum, mb) => sum + mb, 0)
  if (total !== wish.memoryMb) {
    return contradiction("ImageNUMATopologyMemoryOutOfRange", `hw:numa_mem is ${total} MB in all; it must be the flavor's ${wish.memoryMb} MB.`)
  }
  return Result.succeed(cpus.map((ofNode, node) => cellOf(node, [...ofNode], memoryMb[node]!, dedicated)))
}

export const guestCellsOf = (wish: HardwareWish, nodes: number, dedicated: ReadonlySet<number>): Result.Result<ReadonlyArray<GuestCell>, Refusal> =>
  Result.gen(function*() {
    const cpus = yield* cpusOf(wish)
    const memoryMb = yield* memoryOf(wish)
    if (cpus === null && memoryMb === null) return yield* equalCells(wish, nodes, dedicated)
    if (cpus === null || memoryMb === null || cpus.length !== nodes || memoryMb.length !== nodes) {
      return yield* contradiction("ImageNUMATopologyIncomplete", `hw:numa_cpus.N and hw:numa_mem.N must both be there for each of ${nodes} NUMA nodes, N from 0 to ${nodes - 1}, or for none.`)
    }
    return yield* listedCells(wish, cpus, memoryMb, dedicated)
  })
