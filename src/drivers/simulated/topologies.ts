/** The hardware of simulated hosts: shapes as datacentres have them, or as a file describes them. */
import { Result, Schema, SchemaIssue } from "effect"
import type { FoundDevice } from "../../actors/placement/devices/Device.ts"
import type { Inventory, NumaNode } from "../Driver.ts"
import { describedDevices, gpu, nic, PciDevice, wrongDevice } from "./devices.ts"

/** What hosts of one model share; thousands of hosts point at one of these. */
export type Topology = Pick<Inventory, "cpuModel" | "cpuArch" | "vcpus" | "memoryMb" | "diskGb" | "numa" | "cores" | "traits" | "resources"> & {
  readonly name: string
  /** What is plugged into it, whether or not guests may have it. */
  readonly pciDevices?: ReadonlyArray<FoundDevice>
}

interface Shape {
  readonly name: string
  readonly cpuModel: string
  readonly sockets: number
  readonly nodesPerSocket: number
  readonly coresPerNode: number
  readonly threads: 1 | 2
  /** Of each node in turn; the list is repeated. */
  readonly nodeMemoryGb: ReadonlyArray<number>
  readonly pages: NumaNode["pages"]
  readonly diskGb: number
  readonly pciDevices?: ReadonlyArray<FoundDevice>
}

/** What QEMU can give a guest, and so a simulated hypervisor. */
const guestTraits = [
  "COMPUTE_ADDRESS_SPACE_EMULATED", "COMPUTE_ADDRESS_SPACE_PASSTHROUGH", "COMPUTE_EPHEMERAL_ENCRYPTION", "COMPUTE_EPHEMERAL_ENCRYPTION_LUKS",
  "COMPUTE_NET_VIRTIO_PACKED", "COMPUTE_SECURITY_STATELESS_FIRMWARE", "COMPUTE_SECURITY_TPM_1_2", "COMPUTE_SECURITY_TPM_2_0",
  "COMPUTE_SECURITY_TPM_CRB", "COMPUTE_SECURITY_TPM_TIS", "COMPUTE_SECURITY_UEFI_SECURE_BOOT", "COMPUTE_SOUND_MODEL_VIRTIO",
  "COMPUTE_GRAPHICS_MODEL_BOCHS", "COMPUTE_GRAPHICS_MODEL_CIRRUS", "COMPUTE_GRAPHICS_MODEL_NONE", "COMPUTE_GRAPHICS_MODEL_QXL",
  "COMPUTE_GRAPHICS_MODEL_VGA", "COMPUTE_GRAPHICS_MODEL_VIRTIO", "COMPUTE_NET_VIF_MODEL_E1000", "COMPUTE_NET_VIF_MODEL_E1000E",
  "COMPUTE_NET_VIF_MODEL_RTL8139", "COMPUTE_NET_VIF_MODEL_VIRTIO", "COMPUTE_STORAGE_BUS_FDC", "COMPUTE_STORAGE_BUS_IDE",
  "COMPUTE_STORAGE_BUS_SATA", "COMPUTE_STORAGE_BUS_SCSI", "COMPUTE_STORAGE_BUS_USB", "COMPUTE_STORAGE_BUS_VIRTIO",
  "COMPUTE_VIOMMU_MODEL_AUTO", "COMPUTE_VIOMMU_MODEL_INTEL", "COMPUTE_VIOMMU_MODEL_VIRTIO"
]
/** Encrypted guests that AMD's processors hold keys for at a time. */
const encryptedGuests = 15
const encryption = { traits: ["HW_CPU_X86_AMD_SEV"], resources: { MEM_ENCRYPTION_CONTEXT: encryptedGuests } }

const traits = [...guestTraits, "HW_CPU_X86_SSE42", "HW_CPU_X86_AESNI", "HW_CPU_X86_AVX", "HW_CPU_X86_AVX2", "HW_CPU_X86_VMX"]
const traitsOf = (threads: number) => threads > 1 ? [...traits, "HW_CPU_HYPERTHREADING"] : traits

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

/** CPU numbers as Linux gives them: first threads of all cores first, then their siblings. */
export const topology = (shape: Shape): Topology => {
  const nodes = shape.sockets * shape.nodesPerSocket
  const cores = nodes * shape.coresPerNode
  const isEncrypting = shape.cpuModel.startsWith("EPYC")
  const cpusOf = (core: number) => range(shape.threads).map((thread) => thread * cores + core)
  const numa = range(nodes).map((id) => ({
    id,
    cpus: range(shape.threads * shape.coresPerNode).map((index) =>
      Math.floor(index / shape.coresPerNode) * cores + id * shape.coresPerNode + index % shape.coresPerNode
    ),
    memoryMb: shape.nodeMemoryGb[id % shape.nodeMemoryGb.length]! * 1024,
    pages: shape.pages
  }))
  return {
    name: shape.name,
    cpuModel: shape.cpuModel,
    cpuArch: "x86_64",
    vcpus: cores * shape.threads,
    memoryMb: numa.reduce((sum, { memoryMb }) => sum + memoryMb, 0),
    diskGb: shape.diskGb,
    numa,
    cores: range(cores).map((core) => ({ socket: Math.floor(core / (cores / shape.sockets)), cpus: cpusOf(core) })),
    traits: [...traitsOf(shape.threads), ...isEncrypting ? encryption.traits : []],
    ...isEncrypting ? { resources: encryption.resources } : {},
    ...(shape.pciDevices === undefined ? {} : { pciDevices: shape.pciDevices })
  }
}

/** The fleet's default mix. */
export const topologies: ReadonlyArray<Topology> = [
  {
    name: "general", cpuModel: "Icelake-Server", sockets: 2, nodesPerSocket: 1, coresPerNode: 32, threads: 2 as const,
    nodeMemoryGb: [128], pages: [{ sizeKb: 2048, count: 16_384 }, { sizeKb: 1_048_576, count: 16 }], diskGb: 4000,
    pciDevices: [gpu("0000:3b:00.0", 0), gpu("0000:86:00.0", 1), ...nic("0000:af", "ens4f0", 8, 1)]
  },
  {
    name: "small", cpuModel: "EPYC-Rome", sockets: 1, nodesPerSocket: 1, coresPerNode: 16, threads: 2 as const,
    nodeMemoryGb: [64], pages: [], diskGb: 1000
  },
  {
    name: "dense", cpuModel: "EPYC-Milan", sockets: 1, nodesPerSocket: 4, coresPerNode: 16, threads: 2 as const,
    nodeMemoryGb: [128], pages: [{ sizeKb: 2048, count: 8192 }], diskGb: 8000,
    pciDevices: nic("0000:21", "ens1f0", 8, 1)
  },
  {
    name: "uneven", cpuModel: "Cascadelake-Server", sockets: 4, nodesPerSocket: 1, coresPerNode: 12, threads: 2 as const,
    nodeMemoryGb: [96, 64, 64, 32], pages: [], diskGb: 2000
  },
  {
    name: "edge", cpuModel: "Skylake-Server", sockets: 1, nodesPerSocket: 1, coresPerNode: 8, threads: 1 as const,
    nodeMemoryGb: [32], pages: [], diskGb: 500
  }
].map(topology)

const CpuNumber = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8191 }))
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 40 }))

/** One host of a topologies file; `null` is for what the machine did not tell. Other keys are ignored. */
const Described = Schema.Struct({
  name: Schema.NonEmptyString,
  numa: Schema.NonEmptyArray(Schema.Struct({
    id: Count,
    cpus: Schema.Array(CpuNumber),
    memory_mb: Schema.NullOr(Count),
    pages: Schema.Array(Schema.Struct({ size_kb: Count, count: Count }))
  })),
  cores: Schema.Array(Schema.Struct({ socket: Schema.NullOr(Count), cpus: Schema.NonEmptyArray(CpuNumber) })),
  disk_gb: Schema.optionalKey(Count),
  pci_devices: Schema.optionalKey(Schema.Array(PciDevice))
})
const decode = Schema.decodeUnknownResult(Schema.NonEmptyArray(Described), { errors: "all" })
const problemsOf = SchemaIssue.makeFormatterStandardSchemaV1()

const unknownMemoryMbPerCpu = 4096
const unknownDiskGb = 1000

/** `[2].numa[0].cpus` */
const pathOf = (keys: ReadonlyArray<unknown>): string =>
  keys.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("") || "the file"

/** The first number that stands twice; sets of CPUs must not overlap. */
const repeated = (numbers: ReadonlyArray<number>): number | undefined => {
  const seen = new Set<number>()
  return numbers.find((number) => seen.size === seen.add(number).size)
}

type Described = typeof Described.Type

/** Memory of another kind beside the same CPUs is recorded as a node with those CPUs again; Linux gives it none. */
const withoutTwins = (host: Described): Described => {
  const seen = new Set<string>()
  const isTwin = (cpus: ReadonlyArray<number>) => seen.size === seen.add(cpus.join()).size
  const [first, ...rest] = host.numa
  isTwin(first.cpus)
  return { ...host, numa: [first, ...rest.map((node) => isTwin(node.cpus) ? { ...node, cpus: [] } : node)] }
}

const contradictionOf = ({ cores, numa, pci_devices = [] }: Described): string | undefined => {
  const rules: ReadonlyArray<readonly [field: string, what: string, numbers: ReadonlyArray<number>]> = [
    ["numa", "node", numa.map(({ id }) => id)],
    ["numa", "CPU", numa.flatMap(({ cpus }) => cpus)],
    ["cores", "CPU", cores.flatMap(({ cpus }) => cpus)]
  ]
  for (const [field, what, numbers] of rules) {
    const number = repeated(numbers)
    if (number !== undefined) return `.${field}: ${what} ${number} stands there twice`
  }
  const wrong = wrongDevice(pci_devices, new Set(numa.map(({ id }) => id)))
  if (wrong !== undefined) return `.pci_devices${wrong}`
  return numa.some(({ cpus }) => cpus.length > 0) ? undefined : ".numa: no node has a CPU"
}

/** CPUs that no node has (offline, or outside the machine's cpuset) are no CPUs; one that no core has is its own core. */
const topologyOf = ({ cores, disk_gb, name, numa, pci_devices }: Described): Topology => {
  const online = new Set(numa.flatMap(({ cpus }) => cpus))
  const known = cores
    .map(({ cpus, socket }) => ({ socket: socket ?? 0, cpus: cpus.filter((cpu) => online.has(cpu)) }))
    .filter(({ cpus }) => cpus.length > 0)
  const inCores = new Set(known.flatMap(({ cpus }) => cpus))
  const alone = [...online].filter((cpu) => !inCores.has(cpu)).map((cpu) => ({ socket: 0, cpus: [cpu] }))
  const nodes = numa.map(({ cpus, id, memory_mb, pages }) => ({
    id,
    cpus,
    memoryMb: memory_mb ?? Math.max(1, cpus.length) * unknownMemoryMbPerCpu,
    pages: pages.map(({ count, size_kb }) => ({ sizeKb: size_kb, count }))
  }))
  return {
    name,
    cpuModel: "host-model",
    cpuArch: "x86_64",
    vcpus: online.size,
    memoryMb: nodes.reduce((sum, { memoryMb }) => sum + memoryMb, 0),
    diskGb: disk_gb ?? unknownDiskGb,
    numa: nodes,
    cores: [...known, ...alone],
    traits: traitsOf(Math.max(1, ...known.map(({ cpus }) => cpus.length))),
    ...(pci_devices === undefined ? {} : { pciDevices: describedDevices(pci_devices) })
  }
}

const parseJson = (text: string): Result.Result<unknown, ReadonlyArray<string>> =>
  Result.try({ try: () => JSON.parse(text) as unknown, catch: (error) => [`the file is no JSON: ${String(error)}`] })

/** Reads a topologies file: its hosts, or every problem with the field it is in (`[2].numa[0].memory_mb: …`). */
export const parseTopologies = (text: string): Result.Result<ReadonlyArray<Topology>, ReadonlyArray<string>> =>
  Result.gen(function*() {
    const json = yield* parseJson(text)
    const described = yield* Result.mapError(decode(json), ({ issue }) =>
      problemsOf(issue).issues.map(({ message, path }) => `${pathOf(path ?? [])}: ${message}`))
    const hosts = described.map(withoutTwins)
    const contradictions = hosts.flatMap((host, index) => {
      const problem = contradictionOf(host)
      return problem === undefined ? [] : [`[${index}]${problem}`]
    })
    return contradictions.length > 0 ? yield* Result.fail(contradictions) : hosts.map(topologyOf)
  })
