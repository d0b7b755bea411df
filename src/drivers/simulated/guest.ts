/** A simulated guest: what calls do to its power, and what it writes to its console. Rules only. */
import type { DomainSpec, PowerState } from "../Driver.ts"

/** All that is kept of a server; thousands of them cost little. */
export interface Guest {
  readonly id: string
  readonly displayName: string
  readonly hostname: string
  readonly vcpus: number
  readonly memoryMb: number
  readonly addresses: ReadonlyArray<string>
  /** Addresses of the host's PCI devices that it has. */
  readonly devices: ReadonlyArray<string>
  readonly power: PowerState
  readonly boots: number
}

export type Move = "powerOn" | "powerOff" | "reboot" | "pause" | "unpause" | "suspend" | "resume"

/** From which power states a call is accepted, and where it leads; the target itself is always accepted. */
const moves: { readonly [move in Move]: { readonly from: ReadonlyArray<PowerState>; readonly to: PowerState } } = {
  powerOn: { from: ["shutdown", "crashed", "nostate", "paused", "suspended"], to: "running" },
  powerOff: { from: ["running", "crashed", "nostate", "paused", "suspended"], to: "shutdown" },
  reboot: { from: ["shutdown", "crashed", "nostate", "paused", "suspended"], to: "running" },
  pause: { from: ["running"], to: "paused" },
  unpause: { from: ["paused"], to: "running" },
  suspend: { from: ["running"], to: "suspended" },
  resume: { from: ["suspended"], to: "running" }
}

const isOff = (power: PowerState): boolean => power === "shutdown" || power === "crashed" || power === "nostate"

/** The guest after the call, or why it cannot be made. */
export const move = (guest: Guest, name: Move): Guest | string => {
  const { from, to } = moves[name]
  if (guest.power === to && name !== "reboot") return guest
  if (guest.power !== to && !from.includes(guest.power)) return `the domain is ${guest.power}`
  const isBoot = to === "running" && (name === "reboot" || isOff(guest.power))
  return { ...guest, power: to, boots: guest.boots + (isBoot ? 1 : 0) }
}

const none: ReadonlyArray<string> = []
const devicesOf = ({ devices = [], nics }: DomainSpec): ReadonlyArray<string> =>
  [...devices, ...nics.flatMap(({ device }) => device ?? [])].map(({ address }) => address)

/** Why a guest cannot run beside the others: who runs has its devices to itself. `null`: it can. */
export const deviceInUse = ({ devices, id }: Guest, others: Iterable<Guest>): string | null => {
  if (devices.length === 0) return null
  for (const other of others) {
    const address = other.id === id || isOff(other.power) ? undefined : devices.find((one) => other.devices.includes(one))
    if (address !== undefined) return `PCI device ${address} is in use by ${other.id}`
  }
  return null
}

export const born = (spec: DomainSpec): Guest => ({
  id: spec.id,
  displayName: spec.displayName,
  hostname: spec.hostname,
  vcpus: spec.vcpus,
  memoryMb: spec.memoryMb,
  addresses: spec.nics.flatMap(({ fixedIps }) => fixedIps),
  devices: spec.devices === undefined && spec.nics.length === 0 ? none : devicesOf(spec),
  power: "running",
  boots: 1
})

/** A guest that outlived the process that made it: the hypervisor knows its power, the rest comes with the next call. */
export const survivor = (id: string, power: PowerState): Guest => ({
  id,
  displayName: id,
  hostname: id,
  vcpus: 1,
  memoryMb: 0,
  addresses: [],
  devices: none,
  power,
  boots: isOff(power) ? 0 : 1
})

const bootsShownMax = 5

const bootText = ({ addresses, displayName, hostname, memoryMb, vcpus }: Guest): string =>
  [
    "[    0.000000] Linux version 6.12.0-simulated (x86_64)",
    "[    0.000000] Command line: root=/dev/vda1 ro console=tty1 console=ttyS0",
    `[    0.004211] smpboot: Allowing ${vcpus} CPUs, 0 hotplug CPUs`,
    `[    0.011873] Memory: ${memoryMb * 1024}K available`,
    "[    0.483120] virtio_blk virtio1: [vda] mounted as root",
    ...addresses.map((address, index) => `[    1.2${index}0442] eth${index}: ${address}`),
    `[    1.730015] cloud-init: instance ${displayName} is up`,
    "",
    `${hostname} login: `
  ].join("\n")

export const consoleText = (guest: Guest): string =>
  Array.from({ length: Math.min(guest.boots, bootsShownMax) }, () => bootText(guest)).join("\n")
