import type { Instance } from "../instance/Instance.ts"
import { type DeviceState, deviceConflict } from "../placement/devices/DeviceState.ts"
import { aliasCount } from "../placement/devices/DeviceRequest.ts"

/** The last word on the devices that a server's pick chose: why it cannot have them, or `null`. */
export const deviceRefusal = ({ devicePorts, devices, flavor }: Instance, others: () => DeviceState): string | null => {
  const wanted = aliasCount(flavor.extraSpecs) + (devicePorts?.length ?? 0)
  const given = devices ?? []
  // A scheduler of an older release gives none.
  if (given.length < wanted) return `the pick named ${given.length} PCI devices for a server that asks for ${wanted}`
  return given.length === 0 ? null : deviceConflict(others(), given)
}
