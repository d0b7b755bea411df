/** Resources and traits that virtual hardware asks for without naming them: a vTPM, encrypted memory, secure boot. Nova's table. */
import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { type ImageProperties, imageWishOf } from "../numa/imageWish.ts"
import { memoryEncryptionOf } from "../numa/memoryEncryption.ts"
import { contradiction } from "../numa/refusal.ts"
import { isTrue } from "../numa/values.ts"

interface Flavor {
  readonly vcpus: number
  readonly ramMb: number
  readonly extraSpecs: { readonly [key: string]: string }
}

interface Implied {
  readonly resources: ReadonlyMap<string, number>
  readonly required: ReadonlyArray<string>
}

/** A word that flavor and image both may say; they must agree. */
interface Word {
  readonly flavor: string
  readonly image: string
  /** `null`: this value asks nothing of the host. */
  readonly traitOf: (value: string) => string | null
}

const wordIn = (prefix: string) => (value: string) => `${prefix}_${value.toUpperCase().replaceAll(/[.-]/g, "_")}`
const whenTrue = (trait: string) => (value: string) => isTrue(value) ? trait : null
const among = (prefix: string, ...values: ReadonlyArray<string>) => (value: string) => values.includes(value) ? wordIn(prefix)(value) : null

const words: ReadonlyArray<Word> = [
  { flavor: "hw:tpm_version", image: "hw_tpm_version", traitOf: wordIn("COMPUTE_SECURITY_TPM") },
  {
    flavor: "hw:tpm_secret_security", image: "hw_tpm_secret_security",
    traitOf: wordIn("COMPUTE_SECURITY_TPM_SECRET_SECURITY")
  },
  { flavor: "os:secure_boot", image: "os_secure_boot", traitOf: (value) => value === "required" ? "COMPUTE_SECURITY_UEFI_SECURE_BOOT" : null },
  { flavor: "hw:firmware_stateless", image: "hw_firmware_stateless", traitOf: whenTrue("COMPUTE_SECURITY_STATELESS_FIRMWARE") },
  { flavor: "hw:viommu_model", image: "hw_viommu_model", traitOf: wordIn("COMPUTE_VIOMMU_MODEL") },
  { flavor: "hw:virtio_packed_ring", image: "hw_virtio_packed_ring", traitOf: whenTrue("COMPUTE_NET_VIRTIO_PACKED") },
  {
    flavor: "hw:maxphysaddr_mode", image: "hw_maxphysaddr_mode",
    traitOf: (value) => value === "emulate" ? "COMPUTE_ADDRESS_SPACE_EMULATED" : value === "passthrough" ? "COMPUTE_ADDRESS_SPACE_PASSTHROUGH" : null
  },
  { flavor: "hw:ephemeral_encryption", image: "hw_ephemeral_encryption", traitOf: whenTrue("COMPUTE_EPHEMERAL_ENCRYPTION") },
  {
    flavor: "hw:ephemeral_encryption_format", image: "hw_ephemeral_encryption_format",
    traitOf: wordIn("COMPUTE_EPHEMERAL_ENCRYPTION")
  },
  { flavor: "hw:sound_model", image: "hw_sound_model", traitOf: among("COMPUTE_SOUND_MODEL", "virtio") }
]

const encryptionTraits = { "amd-sev": "HW_CPU_X86_AMD_SEV", "amd-sev-es": "HW_CPU_X86_AMD_SEV_ES", "amd-sev-snp": "HW_CPU_X86_AMD_SEV_SNP" }

const saidOf = ({ extraSpecs }: Flavor, image: ImageProperties, word: Word): string | null =>
  extraSpecs[word.flavor] || (word.image in image ? String(image[word.image]) : null) || null

/** What the model of a TPM asks for, which is one with registers unless it says otherwise. */
const tpmModelTrait = (flavor: Flavor, image: ImageProperties): string | null => {
  const said = (key: string) => flavor.extraSpecs[`hw:${key}`] || image[`hw_${key}`]
  return !said("tpm_version") ? null : said("tpm_model") === "tpm-crb" ? "COMPUTE_SECURITY_TPM_CRB" : "COMPUTE_SECURITY_TPM_TIS"
}

/** One of the class `CUSTOM_PMEM_NAMESPACE_LABEL` for each label of `hw:pmem`. */
const persistentMemory = (labels: string | undefined): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const label of (labels ?? "").split(",").filter((one) => one !== "")) {
    const name = `CUSTOM_PMEM_NAMESPACE_${label.toUpperCase()}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

const encryptionOf = (flavor: Flavor, image: ImageProperties) => Result.getOrNull(Result.flatMap(imageWishOf(image), (wish) =>
  memoryEncryptionOf({ vcpus: flavor.vcpus, memoryMb: flavor.ramMb, extraSpecs: flavor.extraSpecs, image: wish })))

const bearing = /^(hw|os)[:_]/
const bears = (names: object): boolean => {
  for (const name in names) if (bearing.test(name)) return true
  return false
}
const nothing: Implied = { resources: new Map(), required: [] }

export const impliedBy = (flavor: Flavor, image: ImageProperties): Implied => {
  const required = Object.keys(image).filter((name) => name.startsWith("trait:") && image[name] === "required").map((name) => name.slice("trait:".length))
  if (!bears(flavor.extraSpecs) && !bears(image)) return required.length === 0 ? nothing : { ...nothing, required }
  for (const word of words) {
    const said = saidOf(flavor, image, word)
    const trait = said === null ? null : word.traitOf(said)
    if (trait !== null) required.push(trait)
  }
  const model = tpmModelTrait(flavor, image)
  if (model !== null) required.push(model)
  const resources = new Map(persistentMemory(flavor.extraSpecs["hw:pmem"]))
  const encryption = encryptionOf(flavor, image)
  if (encryption !== null) {
    resources.set("MEM_ENCRYPTION_CONTEXT", 1)
    required.push(encryptionTraits[encryption])
  }
  return { resources, required }
}

const isSame = (a: string, b: string) => a === b || (/^(true|false|yes|no|on|off|1|0)$/i.test(a) && isTrue(a) === isTrue(b))

/** What flavor and image say of one thing must agree, and a TPM of registers alone is none of version 1.2's. */
export const checkImplied = (flavor: Flavor, image: ImageProperties): Result.Result<void, Refusal> => {
  for (const { flavor: spec, image: property } of [...words, { flavor: "hw:tpm_model", image: "hw_tpm_model" }]) {
    const [own, its] = [flavor.extraSpecs[spec] ?? "", property in image ? String(image[property]) : ""]
    if (own !== "" && its !== "" && !isSame(own, its)) {
      return contradiction("FlavorImageConflict", `${spec}=${own} of the flavor contradicts ${property}=${its} of the image: they must agree.`)
    }
  }
  const [version, model] = ["tpm_version", "tpm_model"].map((key) => flavor.extraSpecs[`hw:${key}`] || image[`hw_${key}`])
  return model === "tpm-crb" && version === "1.2"
    ? contradiction("Invalid", "hw:tpm_model=tpm-crb needs hw:tpm_version=2.0.")
    : Result.void
}
