import { Result } from "effect"
import type { Flavor } from "../catalog/Flavor.ts"
import type { ServerGroup } from "../catalog/ServerGroup.ts"
import type { ImageSummary } from "../image/ImageProtocol.ts"
import { checkImplied } from "../placement/demand/implied.ts"
import { numaOf } from "../placement/numa/Numa.ts"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { refuse } from "../shared/Refusal.ts"
import type { PlacementWish } from "./Instance.ts"
import type { CreateServer } from "./ServersProtocol.ts"

const no = (message: string, code: string) => Result.fail(refuse("badRequest", message, code))

/** Does the image fit the flavor? Nova's rules: enough RAM and disk, an active image; a flavor of disk 0 takes any. */
export const checkImage = (flavor: Flavor, image: ImageSummary): Result.Result<void, Refusal> => {
  const bytesPerGb = 1024 ** 3
  if (image.status !== "active") return no(`Image ${image.id} is not active.`, "ImageNotActive")
  if (image.minRam > flavor.ramMb) {
    return no("Flavor's memory is too small for requested image.", "FlavorMemoryTooSmall")
  }
  if (flavor.diskGb === 0) return Result.void
  if (image.sizeBytes > flavor.diskGb * bytesPerGb) {
    return no(
      `Flavor's disk is too small for requested image. Flavor disk is ${flavor.diskGb * bytesPerGb} bytes, ` +
        `image is ${image.sizeBytes} bytes.`,
      "FlavorDiskSmallerThanImage"
    )
  }
  return image.minDisk > flavor.diskGb
    ? no(
      `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ` +
        `${flavor.diskGb * bytesPerGb} bytes, minimum size is ${image.minDisk * bytesPerGb} bytes.`,
      "FlavorDiskSmallerThanMinDisk"
    )
    : Result.void
}

/** Do the flavor's extra specs and the image's properties ask for hardware that can be? `null`: no image. */
export const checkHardware = (flavor: Flavor, image: ImageSummary | null): Result.Result<void, Refusal> =>
  Result.flatMap(numaOf(flavor, image?.properties ?? {}), () => checkImplied(flavor, image?.properties ?? {}))

const truths = new Set(["1", "t", "true", "on", "y", "yes"])
const wordOf = (properties: ImageSummary["properties"]) => (properties["auto_disk_config"] ?? "").trim().toLowerCase()

/** How an image wants its disk to be partitioned, where the request does not say. */
export const diskConfigOf = (properties: ImageSummary["properties"]): "AUTO" | "MANUAL" =>
  truths.has(wordOf(properties)) ? "AUTO" : "MANUAL"

export const checkDiskConfig = (wanted: CreateServer["diskConfig"], image: ImageSummary): Result.Result<void, Refusal> =>
  wanted === "AUTO" && wordOf(image.properties) === "disabled"
    ? no(`Requested image ${image.id} has automatic disk resize disabled.`, "AutoDiskConfigDisabledByImage")
    : Result.void

/** The group a `group` hint names, when the caller may use it. */
export const checkGroup = (group: ServerGroup | undefined, id: string, caller: Caller): Result.Result<ServerGroup, Refusal> =>
  group === undefined || (group.projectId !== caller.projectId && !caller.isAdmin)
    ? no(`Instance group ${id} could not be found.`, "InstanceGroupNotFound")
    : Result.succeed(group)

/** Is the zone one that hosts are in? */
export const checkZone = (zone: string | null, known: ReadonlySet<string>): Result.Result<void, Refusal> =>
  zone === null || known.has(zone)
    ? Result.void
    : no("The requested availability zone is not available", "AvailabilityZoneNotAvailable")

export const checkHost = (host: string | null, isKnown: (hostname: string) => boolean): Result.Result<void, Refusal> =>
  host === null || isKnown(host) ? Result.void : no(`Compute host ${host} could not be found.`, "ComputeHostNotFound")

export const wishOf = (create: CreateServer, group: ServerGroup | null): PlacementWish => ({
  availabilityZone: create.availabilityZone,
  host: create.host,
  isForced: create.isForced,
  serverGroupId: group?.id ?? null,
  groupPolicy: group?.policy ?? null,
  maxServerPerHost: group?.maxServerPerHost ?? 1,
  hints: create.hints as PlacementWish["hints"]
})
