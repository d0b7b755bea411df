import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import type { Refusal } from "../../shared/Refusal.ts"
import { guestTopologyOf } from "./constraints.ts"
import { realtimeCpusOf } from "./cpuMasks.ts"
import { cpuTopologyLimitsOf } from "./cpuTopology.ts"
import type { GuestTopology } from "./GuestTopology.ts"
import { type ImageProperties, imageWishOf } from "./imageWish.ts"
import { memoryEncryptionOf } from "./memoryEncryption.ts"
import { pciPolicyOf } from "./pciPolicy.ts"
import { contradiction } from "./refusal.ts"

interface Flavor {
  readonly vcpus: number
  readonly ramMb: number
  readonly extraSpecs: { readonly [key: string]: string }
}

const bearing = /^(hw[:_](cpu_|numa_|mem_|emulator_|locked_|pmem|pci_numa)|resources\d*:[VP]CPU|trait\d*:HW_CPU_HYPERTHREADING)/
const bears = (names: object): boolean => {
  for (const name in names) if (bearing.test(name)) return true
  return false
}

/** The guest topology that a flavor and an image ask for (`null`: none), or why they cannot be used together. */
export const numaOf = (flavor: Flavor, image: ImageProperties): Result.Result<GuestTopology | null, Refusal> => {
  if (!bears(flavor.extraSpecs) && !bears(image)) return Result.succeed(null)
  if (flavor.vcpus > Limits.guestCpusMax) {
    return contradiction("InvalidRequest", `A flavor of ${flavor.vcpus} vcpus cannot have NUMA, CPU or memory policies: they are for ${Limits.guestCpusMax} vcpus at most.`)
  }
  return Result.gen(function*() {
    const wish = { vcpus: flavor.vcpus, memoryMb: flavor.ramMb, extraSpecs: flavor.extraSpecs, image: yield* imageWishOf(image) }
    yield* memoryEncryptionOf(wish)
    yield* realtimeCpusOf(wish)
    yield* cpuTopologyLimitsOf(wish)
    const guest = yield* guestTopologyOf(wish)
    yield* pciPolicyOf(wish)
    return guest
  })
}
