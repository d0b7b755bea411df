/** Ports whose cards are devices of a host: what they ask for, and what they say once they have one. Pure. */
import type { ClaimedDevice } from "../placement/devices/Device.ts"
import { type DevicePort, deviceVnics } from "../placement/devices/portDevices.ts"
import { macOf } from "./ids.ts"
import type { Network, Port } from "./Network.ts"

const isDeviceVnic = (vnicType: string): boolean => Object.hasOwn(deviceVnics, vnicType)

/** Kinds of cards that a server may have. */
export const vnicsForServers = ["normal", ...Object.keys(deviceVnics)]

const truths: { readonly [word: string]: boolean } = { true: true, yes: true, on: true, 1: true, false: false, no: false, off: false, 0: false }

/** `null`: its card is no device. */
export const devicePortOf = (port: Port, network: Network): DevicePort | null => {
  if (!isDeviceVnic(port.vnicType)) return null
  const isTrusted = truths[String(port.profile.trusted ?? "").toLowerCase()]
  return {
    portId: port.id, vnicType: port.vnicType, physicalNetwork: network.physicalNetwork, ...(isTrusted === undefined ? {} : { isTrusted }),
    ...(port.numaPolicy == null ? {} : { policy: port.numaPolicy })
  }
}

const ofDevice = ["pci_vendor_info", "pci_slot", "physical_network", "device_mac_address"]

/** What others wrote there stays. */
const withoutDevice = ({ profile }: Port): Port["profile"] =>
  Object.fromEntries(Object.entries(profile).filter(([key]) => !ofDevice.includes(key)))

type Bound = Partial<Pick<Port, "profile" | "macAddress">>

/** The port with its device. A whole physical function keeps its own MAC address, which then is the port's. */
export const boundTo = (port: Port, devices: ReadonlyArray<ClaimedDevice>): Bound => {
  const device = devices.find(({ portId }) => portId === port.id)
  if (device === undefined) return {}
  const mac = device.type === "type-PF" ? device.macAddress : undefined
  return {
    profile: {
      ...withoutDevice(port),
      pci_vendor_info: `${device.vendorId}:${device.productId}`,
      pci_slot: device.address,
      physical_network: device.physicalNetwork ?? null,
      ...(mac === undefined ? {} : { device_mac_address: mac })
    },
    ...(mac === undefined ? {} : { macAddress: mac })
  }
}

/** The port without it. */
export const unbound = (port: Port): Bound =>
  port.profile.pci_slot === undefined ? {} : {
    profile: withoutDevice(port), ...(port.profile.device_mac_address === port.macAddress ? { macAddress: macOf(port.id, 0) } : {})
  }

/** What a card of the server says beyond the usual. */
export const cardOf = (port: Port, network: Network | undefined): { readonly vnicType?: string; readonly vlan?: number } =>
  !isDeviceVnic(port.vnicType) ? {} : {
    vnicType: port.vnicType,
    ...(network?.networkType === "vlan" && network.segmentationId !== null ? { vlan: network.segmentationId } : {})
  }
