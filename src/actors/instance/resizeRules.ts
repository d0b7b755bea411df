import { Result } from "effect"
import type { Flavor } from "../catalog/Flavor.ts"
import { checkImplied } from "../placement/demand/implied.ts"
import type { Aliases } from "../placement/devices/aliases.ts"
import { flavorDevices } from "../placement/devices/DeviceRequest.ts"
import { numaOf } from "../placement/numa/Numa.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Instance } from "./Instance.ts"

const no = (message: string, code: string) => Result.fail(refuse("badRequest", message, code))
const bytesPerGb = 1024 ** 3

/** May the server have this flavor instead of its own? Nova's rules, in its order; disks do not shrink. */
export const checkResize = (
  { flavor: own, imageProperties }: Instance, id: string, flavor: Flavor | undefined, aliases: Aliases
): Result.Result<Flavor, Refusal> => {
  if (flavor === undefined) return no(`Flavor ${id} could not be found.`, "FlavorNotFound")
  if (flavor.diskGb === 0 && own.diskGb !== 0) {
    return no("Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.", "CannotResizeDisk")
  }
  if (flavor.id === own.id) return no("When resizing, instances must change flavor!", "CannotResizeToSameFlavor")
  if (flavor.isDisabled) return no(`Flavor ${id} could not be found.`, "FlavorNotFound")
  if (Number(imageProperties["min_ram"] ?? 0) > flavor.ramMb) {
    return no("Flavor's memory is too small for requested image.", "FlavorMemoryTooSmall")
  }
  if (flavor.diskGb < own.diskGb) {
    return no(
      `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ${flavor.diskGb * bytesPerGb} bytes, ` +
        `minimum size is ${own.diskGb * bytesPerGb} bytes.`,
      "FlavorDiskSmallerThanMinDisk"
    )
  }
  return Result.gen(function*() {
    yield* numaOf(flavor, imageProperties)
    yield* checkImplied(flavor, imageProperties)
    yield* flavorDevices(flavor, imageProperties, aliases)
    return flavor
  })
}
