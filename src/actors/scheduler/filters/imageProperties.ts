import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"

/** Names that images and hosts have for the same. */
const architectures: Readonly<Record<string, string>> = {
  amd64: "x86_64", x64: "x86_64", i386: "i686", i486: "i686", i586: "i686", x86: "i686", arm64: "aarch64"
}
const architectureOf = (name: string): string => architectures[name.toLowerCase()] ?? name.toLowerCase()

/** What a host runs beside its own architecture. */
const alsoRuns: Readonly<Record<string, ReadonlyArray<string>>> = { x86_64: ["i686"], aarch64: ["armv7l"] }

const property = ({ imageProperties }: RequestSpec, newest: string, older: string): string =>
  imageProperties[newest] ?? imageProperties[older] ?? ""

/** libvirt's words; `qemu` and `kvm` are both of the one driver. */
const hypervisorOf = (name: string): string => name.toLowerCase() === "kvm" ? "qemu" : name.toLowerCase()

/** 8002001 is 8.2.1: three digits a part. */
const versionText = (version: number): string => [Math.floor(version / 1_000_000), Math.floor(version / 1000) % 1000, version % 1000].join(".")

const compared = (a: string, b: string): number => {
  const left = a.split(".").map(Number)
  const right = b.split(".").map(Number)
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const holds: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (order) => order < 0, "<=": (order) => order <= 0, ">": (order) => order > 0, ">=": (order) => order >= 0,
  "==": (order) => order === 0, "!=": (order) => order !== 0
}

/** `>=6.0, <9`: all of them must hold. What cannot be read is not held against the host. */
const satisfies = (version: number, wanted: string): boolean =>
  wanted.replaceAll(/[()]/g, "").split(",").every((part) => {
    const [, operator, bound] = /^\s*(<=|>=|==|!=|<|>)\s*([\d.]+)\s*$/.exec(part) ?? []
    return operator === undefined || bound === undefined || holds[operator]!(compared(versionText(version), bound))
  })

const wantedOf = (spec: RequestSpec) => ({
  architecture: property(spec, "hw_architecture", "architecture"),
  hypervisor: property(spec, "img_hv_type", "hypervisor_type"),
  mode: property(spec, "hw_vm_mode", "vm_mode"),
  version: property(spec, "img_hv_requested_version", "hypervisor_version_requires")
})

const whyNot = (host: HostState, spec: RequestSpec): string | null => {
  const { architecture, hypervisor, mode, version } = wantedOf(spec)
  const own = architectureOf(host.cpuArch)
  const wanted = architectureOf(architecture)
  if (architecture !== "" && wanted !== own && !(alsoRuns[own] ?? []).includes(wanted)) return `runs ${own}, the image is for ${architecture}`
  if (hypervisor !== "" && hypervisorOf(hypervisor) !== hypervisorOf(host.hypervisorType)) {
    return `its hypervisor is ${host.hypervisorType}, the image is for ${hypervisor}`
  }
  if (mode !== "" && !["hvm", "hv"].includes(mode.toLowerCase())) return `runs hvm guests, the image is for ${mode}`
  return version === "" || satisfies(host.hypervisorVersion, version)
    ? null : `its hypervisor is of version ${versionText(host.hypervisorVersion)}, the image needs ${version}`
}

/** The host can run what the image was made for (Nova: ImagePropertiesFilter). */
export const imageProperties: ClassFilter = {
  name: "ImagePropertiesFilter",
  isResource: false,
  key: (spec) => {
    const { architecture, hypervisor, mode, version } = wantedOf(spec)
    return architecture + hypervisor + mode + version === "" ? "" : `${architecture}|${hypervisor}|${mode}|${version}`
  },
  admits: (host, spec) => whyNot(host, spec) === null,
  why: (host, spec) => ({ reason: whyNot(host, spec)! })
}
