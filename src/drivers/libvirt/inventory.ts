/** What a host has, read from libvirt's description of it. Pure. */
import type { Inventory, NumaNode } from "../Driver.ts"
import { all, type Element, first, parse } from "./xml.ts"

/** What libvirt and the file system say besides the capabilities. Memory in KiB, disk in bytes. */
export interface HostFacts {
  readonly type: string
  readonly version: number
  readonly hostname: string
  readonly hostIp: string
  readonly memoryKib: number
  readonly cpus: number
  readonly diskBytes: number
  readonly hasKvm: boolean
}

const number = (text: string | undefined): number => Number(text ?? 0) || 0

const unitsKib: { readonly [unit: string]: number } = { KiB: 1, MiB: 1_024, GiB: 1_048_576, TiB: 1_073_741_824 }
const kib = (element: Element | undefined): number =>
  Math.floor(number(element?.text) * (unitsKib[element?.attributes["unit"] ?? "KiB"] ?? 1))

const smallPageKib = 4

const numaNode = (cell: Element): NumaNode => ({
  id: number(cell.attributes["id"]),
  cpus: all(cell, "cpus", "cpu").map((cpu) => number(cpu.attributes["id"])),
  memoryMb: Math.floor(kib(first(cell, "memory")) / 1_024),
  pages: all(cell, "pages")
    .map((page) => ({ sizeKb: number(page.attributes["size"]), count: number(page.text) }))
    .filter(({ sizeKb }) => sizeKb > smallPageKib)
})

/** `0-3,8` as numbers. */
export const cpuList = (text: string): ReadonlyArray<number> =>
  text.split(",").filter((part) => part.trim() !== "").flatMap((part) => {
    const [from, to] = part.split("-").map(Number)
    const start = from ?? 0
    return Array.from({ length: (to ?? start) - start + 1 }, (_, offset) => start + offset)
  })

const coresOf = (cells: ReadonlyArray<Element>): Inventory["cores"] => {
  const cores = new Map<string, { readonly socket: number; readonly cpus: ReadonlyArray<number> }>()
  for (const cpu of cells.flatMap((cell) => all(cell, "cpus", "cpu"))) {
    const siblings = cpu.attributes["siblings"] ?? cpu.attributes["id"] ?? ""
    cores.set(siblings, { socket: number(cpu.attributes["socket_id"]), cpus: cpuList(siblings) })
  }
  return [...cores.values()]
}

/** libvirt's names of CPU features, where os-traits spells them otherwise. */
const traitNames: { readonly [feature: string]: string } = {
  "sse4.1": "SSE41", "sse4.2": "SSE42", pclmuldq: "CLMUL", "sha-ni": "SHA", aes: "AESNI"
}
const knownTraits = new Set([
  "3DNOW", "ABM", "AESNI", "AVX", "AVX2", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512F", "AVX512IFMA", "AVX512VBMI",
  "AVX512VBMI2", "AVX512VL", "AVX512VNNI", "BMI", "BMI2", "CLMUL", "F16C", "FMA3", "SGX", "SHA", "SSE", "SSE2", "SSE3",
  "SSE41", "SSE42", "SSE4A", "SSSE3", "SVM", "TBM", "VMX", "XOP"
])

const cpuTraits = (capabilities: Element): ReadonlyArray<string> =>
  all(capabilities, "host", "cpu", "feature")
    .map((feature) => feature.attributes["name"] ?? "")
    .map((name) => traitNames[name] ?? (name === "fma" ? "FMA3" : name === "bmi1" ? "BMI" : name.toUpperCase()))
    .filter((name) => knownTraits.has(name))
    .map((name) => `HW_CPU_X86_${name}`)

const imageTraits = ["ISO", "QCOW2", "RAW", "VDI", "VHD", "VHDX", "VMDK", "AKI", "AMI", "ARI"]
  .map((format) => `COMPUTE_IMAGE_TYPE_${format}`)

/** Buses and models that images may name: the guest's devices are made of them as they are. */
const modelTraits = [
  ...["SATA", "SCSI", "USB", "VIRTIO"].map((bus) => `COMPUTE_STORAGE_BUS_${bus}`),
  ...["E1000", "E1000E", "RTL8139", "VIRTIO"].map((model) => `COMPUTE_NET_VIF_MODEL_${model}`),
  ...["BOCHS", "CIRRUS", "QXL", "VGA", "VIRTIO"].map((model) => `COMPUTE_GRAPHICS_MODEL_${model}`)
]

/** Joins libvirt's capabilities with the rest. A host without topology (a container, say) is one NUMA node. */
export const inventoryOf = (capabilitiesXml: string, facts: HostFacts): Inventory => {
  const capabilities = parse(capabilitiesXml)
  const cells = all(capabilities, "host", "topology", "cells", "cell")
  const arch = first(capabilities, "host", "cpu", "arch")?.text ?? "x86_64"
  const cpus = Array.from({ length: facts.cpus }, (_, cpu) => cpu)
  const wholeHost = { id: 0, cpus, memoryMb: Math.floor(facts.memoryKib / 1_024), pages: [] }
  const numa = cells.length === 0 ? [wholeHost] : cells.map(numaNode)
  return {
    hypervisorType: facts.type,
    hypervisorVersion: facts.version,
    hypervisorHostname: facts.hostname,
    hostIp: facts.hostIp,
    cpuModel: first(capabilities, "host", "cpu", "model")?.text ?? "unknown",
    cpuArch: arch,
    vcpus: facts.cpus,
    // Both are read from the kernel, at different moments: what the nodes have is what guests can be placed on.
    memoryMb: numa.reduce((sum, node) => sum + node.memoryMb, 0),
    diskGb: Math.floor(facts.diskBytes / 1_073_741_824),
    numa,
    cores: cells.length === 0 ? cpus.map((cpu) => ({ socket: 0, cpus: [cpu] })) : coresOf(cells),
    traits: [
      "COMPUTE_NODE", ...imageTraits, ...modelTraits,
      // A guest under TCG sees none of the host's CPU features.
      ...(facts.hasKvm && arch === "x86_64" ? cpuTraits(capabilities) : [])
    ]
  }
}
