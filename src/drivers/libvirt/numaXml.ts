/** Where a guest's CPUs and memory lie, in libvirt's words. Pure. */
import type { DomainNuma, DomainSpec } from "../Driver.ts"
import { el, type Element } from "./xml.ts"

/** `0-3,8`: as libvirt and people write sets of CPUs. */
export const cpuSet = (cpus: ReadonlyArray<number>): string => {
  const runs: Array<readonly [number, number]> = []
  for (const cpu of cpus.toSorted((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last?.[1] === cpu - 1) runs[runs.length - 1] = [last[0], cpu]
    else runs.push([cpu, cpu])
  }
  return runs.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(",")
}

/** Guests without cells of their own share the host's CPUs, or those the operator set apart for sharing. */
export const vcpu = ({ numa, sharedCpus, vcpus }: DomainSpec): Element =>
  el("vcpu", { placement: "static", cpuset: numa === undefined && sharedCpus !== undefined ? cpuSet(sharedCpus) : null }, String(vcpus))

const hugePages = ({ cells }: DomainNuma): Element | null => {
  const pages = cells.flatMap(({ hugePageKb }, cell) =>
    hugePageKb === null ? [] : [el("page", { size: hugePageKb, unit: "KiB", nodeset: cell })])
  return pages.length === 0 ? null : el("hugepages", {}, ...pages)
}

const isRealtime = ({ numa }: DomainSpec): boolean => numa !== undefined && numa.realtimeCpus.length > 0

/** Pages that the kernel merges or swaps out would make a realtime CPU wait. */
export const memoryBacking = (spec: DomainSpec): Element | null => {
  const pages = spec.numa === undefined ? null : hugePages(spec.numa)
  const isLocked = spec.isMemoryLocked === true
  return pages === null && !isLocked ? null : el("memoryBacking", {},
    pages,
    isRealtime(spec) ? el("nosharepages", {}) : null,
    isLocked ? el("locked", {}) : null)
}

/** The lowest: above everything that is not realtime, below the kernel's own threads. */
const realtimePriority = 1

export const cpuTune = ({ numa }: DomainSpec): Element | null =>
  numa === undefined ? null : el("cputune", {},
    ...numa.pins.map(({ cpu, hostCpus }) => el("vcpupin", { vcpu: cpu, cpuset: cpuSet(hostCpus) })),
    numa.emulatorCpus.length === 0 ? null : el("emulatorpin", { cpuset: cpuSet(numa.emulatorCpus) }),
    numa.realtimeCpus.length === 0
      ? null
      : el("vcpusched", { vcpus: cpuSet(numa.realtimeCpus), scheduler: "fifo", priority: realtimePriority }))

export const numaTune = ({ numa }: DomainSpec): Element | null =>
  numa === undefined ? null : el("numatune", {},
    el("memory", { mode: "strict", nodeset: cpuSet(numa.cells.map(({ hostCell }) => hostCell)) }),
    ...numa.cells.map(({ hostCell }, cell) => el("memnode", { cellid: cell, mode: "strict", nodeset: hostCell })))

/** What the guest takes its CPUs for, and its NUMA nodes. Memory on huge pages may be mapped by others: vhost-user needs it. */
export const cpuParts = ({ cpuTopology, numa }: DomainSpec): ReadonlyArray<Element> => {
  const memAccess = numa?.cells.some(({ hugePageKb }) => hugePageKb !== null) === true ? "shared" : null
  return [
    ...(cpuTopology === undefined ? [] : [el("topology", cpuTopology)]),
    ...(numa === undefined ? [] : [
      el("numa", {}, ...numa.cells.map(({ cpus, memoryMb }, id) =>
        el("cell", { id, cpus: cpuSet(cpus), memory: memoryMb * 1024, unit: "KiB", memAccess })))
    ])
  ]
}
