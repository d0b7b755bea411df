import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { type HardwareWish, isAmong, spec } from "./HardwareWish.ts"
import { encryptionModels } from "./imageWish.ts"
import { contradiction } from "./refusal.ts"
import { isTrue } from "./values.ts"

export type EncryptionModel = (typeof encryptionModels)[number]

const conflict = (message: string) => contradiction("FlavorImageConflict", message)

const modelOf = (wish: HardwareWish): Result.Result<EncryptionModel, Refusal> => {
  const flavor = spec(wish, "mem_encryption_model")
  const image = wish.image.encryptionModel
  if (flavor !== null && image !== null && flavor !== image) {
    return conflict(`hw:mem_encryption_model=${flavor} of the flavor contradicts hw_mem_encryption_model=${image} of the image: they must agree.`)
  }
  const model = image ?? flavor ?? "amd-sev"
  return isAmong(encryptionModels, model)
    ? Result.succeed(model)
    : contradiction("Invalid", `hw:mem_encryption_model is '${model}', it must be one of ${encryptionModels.join(", ")}.`)
}

/** How the guest's memory is encrypted, or `null`. All models need UEFI and a q35 machine (where the image names one). */
export const memoryEncryptionOf = (wish: HardwareWish): Result.Result<EncryptionModel | null, Refusal> => {
  const { image } = wish
  const word = wish.extraSpecs["hw:mem_encryption"]
  const flavor = word === undefined ? null : isTrue(word)
  if (flavor !== true && image.isMemoryEncrypted !== true) return Result.succeed(null)
  if (flavor !== null && image.isMemoryEncrypted !== null && flavor !== image.isMemoryEncrypted) {
    return conflict(`hw:mem_encryption=${word} of the flavor contradicts hw_mem_encryption=${image.isMemoryEncrypted} of the image: they must agree.`)
  }
  return Result.flatMap(modelOf(wish), (model) => {
    if (image.firmwareType !== "uefi") return conflict("Memory encryption needs an image with hw_firmware_type=uefi.")
    if (image.machineType !== null && !image.machineType.includes("q35")) {
      return contradiction("InvalidMachineType", `Memory encryption needs a q35 machine; hw_machine_type of the image is ${image.machineType}.`)
    }
    return model === "amd-sev-snp" && !image.isFirmwareStateless
      ? contradiction("StatelessFirmwareRequired", "hw:mem_encryption_model=amd-sev-snp needs an image with hw_firmware_stateless=true.")
      : Result.succeed(model)
  })
}
