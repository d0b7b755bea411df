import type { DomainSpec, ImageSource } from "../../drivers/Driver.ts"
import type { Instance } from "../instance/Instance.ts"
import { domainName } from "../instance/Instance.ts"
import { domainHardware } from "./domainHardware.ts"
import type { Host } from "./Host.ts"

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
    fixedIps: nic.fixedIps.map((ip) => `${ip.address}/${ip.prefix}`)
  })),
  extraSpecs: instance.flavor.extraSpecs,
  userData: instance.userData,
  ...domainHardware(instance, host)
})
