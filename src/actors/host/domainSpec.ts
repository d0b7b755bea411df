import type { DomainSpec, ImageSource, NicSpec } from "../../drivers/Driver.ts"
import type { Instance } from "../instance/Instance.ts"
import { domainName } from "../instance/Instance.ts"
import type { Nic } from "../network/Nic.ts"
import { takenByServer } from "../placement/demand/Taken.ts"
import { domainHardware } from "./domainHardware.ts"
import type { Host } from "./Host.ts"

const cardDevice = ({ devices }: Instance, { portId, vlan, vnicType }: Nic): Pick<NicSpec, "vnicType" | "device" | "vlan"> => {
  const device = devices?.find((one) => one.portId === portId)
  return {
    ...(vnicType === undefined ? {} : { vnicType }), ...(device === undefined ? {} : { device }), ...(vlan === undefined ? {} : { vlan })
  }
}

/** Those of ports are the guest's cards, and are no devices besides. */
const guestDevices = ({ devices }: Instance): Pick<DomainSpec, "devices"> => {
  const own = (devices ?? []).filter(({ portId }) => portId === undefined)
  return own.length === 0 ? {} : { devices: own }
}

const virtualCards = (instance: Instance): Pick<DomainSpec, "vgpus"> => {
  const vgpus = takenByServer(instance).others.get("VGPU") ?? 0
  return vgpus === 0 ? {} : { vgpus }
}

/** What the hypervisor must know of a server. */
export const domainSpec = (instance: Instance, image: ImageSource | null, host: Host | undefined): DomainSpec => ({
  id: instance.id,
  name: domainName(instance),
  displayName: instance.name,
  projectId: instance.projectId,
  userId: instance.userId,
  hostname: instance.hostname,
  vcpus: instance.flavor.vcpus,
  memoryMb: instance.flavor.ramMb,
  rootGb: instance.flavor.diskGb,
  ephemeralGb: instance.flavor.ephemeralGb,
  swapMb: instance.flavor.swapMb,
  image,
  nics: instance.nics.map((nic) => ({
    portId: nic.portId,
    networkId: nic.networkId,
    macAddress: nic.macAddress,
    mtu: nic.mtu,
    fixedIps: nic.fixedIps.map((ip) => `${ip.address}/${ip.prefix}`),
    ...cardDevice(instance, nic)
  })),
  extraSpecs: instance.flavor.extraSpecs,
  userData: instance.userData,
  ...guestDevices(instance),
  ...virtualCards(instance),
  ...domainHardware(instance, host)
})
