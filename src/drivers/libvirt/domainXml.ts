/** The text that describes a guest to libvirt. Pure: a server's specification and its files in, XML out. */
import type { DomainSpec, NicSpec } from "../Driver.ts"
import { hostDevices, isDeviceCard } from "./deviceXml.ts"
import { mdevDevice } from "./mdevs.ts"
import { cpuParts, cpuTune, memoryBacking, numaTune, vcpu } from "./numaXml.ts"
import { el, type Element, render } from "./xml.ts"

export type VirtType = "kvm" | "qemu"

/** A file the guest sees as a disk, in the order of its devices. */
export interface GuestDisk {
  readonly path: string
  readonly format: "qcow2" | "raw"
  readonly device: "disk" | "cdrom"
}

/** How network cards reach the outside: QEMU's own NAT, the bridge of the network, or not at all. */
export type NicBackend = "user" | "bridge" | "none"

/** What the host adds to a server's specification. */
export interface GuestSettings {
  readonly virtType: VirtType
  readonly arch: string
  readonly disks: ReadonlyArray<GuestDisk>
  /** Kernel and initial ramdisk for a guest that boots without firmware. */
  readonly kernel: { readonly path: string; readonly ramdisk: string | null } | null
  readonly consoleLog: string
  readonly nics: NicBackend
  /** Mediated devices of the guest, by UUID; absent: none. */
  readonly mdevs?: ReadonlyArray<string>
  /** Address of the VNC display; `null` for a guest without graphics. */
  readonly vncListen: string | null
}

const metadataNamespace = "https://kilonova.dev/xmlns/libvirt/1"

const metadata = (spec: DomainSpec): Element =>
  el("metadata", {},
    el("kilonova:instance", { "xmlns:kilonova": metadataNamespace },
      el("kilonova:name", {}, spec.displayName),
      el("kilonova:owner", { project: spec.projectId, user: spec.userId }),
      el("kilonova:image", { id: spec.image?.id ?? null })))

/** cloud-init recognises where it runs by the product's name. */
const sysinfo = (spec: DomainSpec): Element =>
  el("sysinfo", { type: "smbios" },
    el("system", {},
      el("entry", { name: "manufacturer" }, "Kilonova"),
      el("entry", { name: "product" }, "OpenStack Compute"),
      el("entry", { name: "serial" }, spec.id),
      el("entry", { name: "uuid" }, spec.id),
      el("entry", { name: "family" }, "Virtual Machine")))

const defaultMachines: { readonly [arch: string]: string } = { x86_64: "q35", aarch64: "virt" }

const consoleDevices: { readonly [arch: string]: string } = { x86_64: "ttyS0", aarch64: "ttyAMA0" }

const os = (spec: DomainSpec, settings: GuestSettings): Element => {
  const { arch, kernel } = settings
  const machine = spec.image?.properties["hw_machine_type"] ?? defaultMachines[arch] ?? null
  const commandLine = spec.image?.properties["os_command_line"]
    ?? `root=/dev/vda console=tty0 console=${consoleDevices[arch] ?? "ttyS0"} no_timer_check`
  return el("os", {},
    el("type", { arch, machine }, "hvm"),
    ...(kernel === null ? [] : [
      el("kernel", {}, kernel.path),
      kernel.ramdisk === null ? null : el("initrd", {}, kernel.ramdisk),
      el("cmdline", {}, commandLine)
    ]),
    el("smbios", { mode: "sysinfo" }))
}

const targetNames = (bus: string, index: number): string =>
  `${bus === "virtio" ? "vd" : bus === "ide" ? "hd" : "sd"}${String.fromCharCode(97 + index)}`

const disk = (spec: DomainSpec) => ({ device, format, path }: GuestDisk, index: number): Element => {
  const bus = device === "cdrom" ? "sata" : spec.image?.properties["hw_disk_bus"] ?? "virtio"
  return el("disk", { type: "file", device },
    el("driver", device === "cdrom"
      ? { name: "qemu", type: format }
      : { name: "qemu", type: format, cache: "writeback", discard: "unmap" }),
    el("source", { file: path }),
    el("target", { dev: targetNames(bus, index), bus }),
    device === "cdrom" ? el("readonly", {}) : null,
    el("boot", { order: index + 1 }))
}

/** Devices are named as Neutron's agents name them, so that either side finds the other's. */
const nic = (spec: DomainSpec, backend: NicBackend) => (card: NicSpec): Element =>
  el("interface", { type: backend === "bridge" ? "bridge" : "user" },
    el("mac", { address: card.macAddress }),
    backend === "bridge" ? el("source", { bridge: `brq${card.networkId.slice(0, 11)}` }) : null,
    backend === "bridge" ? el("target", { dev: `tap${card.portId.slice(0, 11)}` }) : null,
    backend === "bridge" && card.mtu > 0 ? el("mtu", { size: card.mtu }) : null,
    el("model", { type: spec.image?.properties["hw_vif_model"] ?? "virtio" }))

const devices = (spec: DomainSpec, settings: GuestSettings): Element =>
  el("devices", {},
    ...settings.disks.map(disk(spec)),
    ...(settings.nics === "none" ? [] : spec.nics.filter((card) => !isDeviceCard(card)).map(nic(spec, settings.nics))),
    ...hostDevices(spec),
    ...(settings.mdevs ?? []).map(mdevDevice),
    el("serial", { type: "file" }, el("source", { path: settings.consoleLog, append: "on" }), el("target", { port: 0 })),
    el("console", { type: "file" },
      el("source", { path: settings.consoleLog, append: "on" }), el("target", { type: "serial", port: 0 })),
    spec.image?.properties["hw_qemu_guest_agent"] === "yes"
      ? el("channel", { type: "unix" }, el("target", { type: "virtio", name: "org.qemu.guest_agent.0" }))
      : null,
    ...(settings.vncListen === null ? [] : [
      el("graphics", { type: "vnc", port: -1, autoport: "yes", listen: settings.vncListen }),
      el("video", {}, el("model", { type: spec.image?.properties["hw_video_model"] ?? "vga" }))
    ]),
    el("rng", { model: "virtio" }, el("backend", { model: "random" }, "/dev/urandom")),
    el("memballoon", { model: "virtio" }, el("stats", { period: 10 })))

/** TCG has no host CPU to pass on: its own default model is the one that is tested. */
const cpu = (spec: DomainSpec, settings: GuestSettings): Element | null => {
  const parts = cpuParts(spec)
  if (settings.virtType === "kvm") return el("cpu", { mode: "host-model" }, ...parts)
  return parts.length === 0 ? null : el("cpu", {}, ...parts)
}

const clock = (settings: GuestSettings): Element =>
  el("clock", { offset: "utc" },
    ...(settings.virtType === "kvm" && settings.arch === "x86_64"
      ? [
        el("timer", { name: "pit", tickpolicy: "delay" }),
        el("timer", { name: "rtc", tickpolicy: "catchup" }),
        el("timer", { name: "hpet", present: "no" })
      ]
      : []))

/** The domain of a server. Its UUID is the server's. */
export const domainXml = (spec: DomainSpec, settings: GuestSettings): string =>
  render(
    el("domain", { type: settings.virtType },
      el("name", {}, spec.name),
      el("uuid", {}, spec.id),
      metadata(spec),
      el("memory", { unit: "MiB" }, String(spec.memoryMb)),
      memoryBacking(spec),
      numaTune(spec),
      vcpu(spec),
      cpuTune(spec),
      sysinfo(spec),
      os(spec, settings),
      el("features", {}, el("acpi", {}), settings.arch === "x86_64" ? el("apic", {}) : null),
      cpu(spec, settings),
      clock(settings),
      el("on_poweroff", {}, "destroy"),
      el("on_reboot", {}, "restart"),
      el("on_crash", {}, "destroy"),
      devices(spec, settings))
  ) + "\n"

/** A guest of firmware alone that writes to its serial line: if it says a word, code of a guest runs. */
export const probeXml = (name: string, virtType: VirtType, consoleLog: string): string =>
  render(
    el("domain", { type: virtType },
      el("name", {}, name),
      el("memory", { unit: "MiB" }, "32"),
      el("vcpu", {}, "1"),
      el("os", {}, el("type", { arch: "x86_64", machine: "q35" }, "hvm"), el("bios", { useserial: "yes" })),
      el("devices", {}, el("serial", { type: "file" }, el("source", { path: consoleLog })), el("memballoon", { model: "none" })))
  )
