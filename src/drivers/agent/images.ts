/** Which images a call needs as files on the hypervisor. Rules only. */
import type { DomainSpec, ImageSource } from "../Driver.ts"
import type { DriverCall } from "./protocol.ts"

type File = "path" | "kernelPath" | "ramdiskPath"

/** The image behind each of a source's files. A path that is missing or empty asks for none. */
export const filesOf = (image: ImageSource): ReadonlyArray<{ readonly file: File; readonly imageId: string }> => {
  const { kernel_id, ramdisk_id } = image.properties
  const named: ReadonlyArray<readonly [File, string | undefined]> = [
    ["path", image.id], ["kernelPath", kernel_id], ["ramdiskPath", ramdisk_id]
  ]
  return named.flatMap(([file, imageId]) => image[file] && imageId ? [{ file, imageId }] : [])
}

/** Only a build needs bytes, and a host that a guest comes to: afterwards the guest has files of its own. */
export const imagesOf = (call: DriverCall): ReadonlyArray<string> =>
  (call._tag !== "spawn" && call._tag !== "prepareMigration") || call.spec.image === null ? [] : filesOf(call.spec.image).map(({ imageId }) => imageId)

/** The runner's own paths mean nothing here. */
export const withoutPaths = (spec: DomainSpec): DomainSpec =>
  spec.image === null ? spec : { ...spec, image: { ...spec.image, path: "", kernelPath: null, ramdiskPath: null } }
