import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { type HardwareWish, spec } from "./HardwareWish.ts"
import { memoryEncryptionOf } from "./memoryEncryption.ts"
import { contradiction } from "./refusal.ts"
import { isTrue } from "./values.ts"

/** Must the guest's memory stay in RAM? Needs a page size, unless it is encryption that needs the lock. */
export const isMemoryLocked = (wish: HardwareWish): Result.Result<boolean, Refusal> => {
  const word = wish.extraSpecs["hw:locked_memory"]
  const flavor = word === undefined ? null : isTrue(word)
  const image = wish.image.isMemoryLocked
  if (flavor !== null && image !== null && flavor !== image) {
    return contradiction("FlavorImageLockedMemoryConflict", `hw:locked_memory=${word} of the flavor contradicts hw_locked_memory=${image} of the image: they must agree.`)
  }
  if (flavor ?? image ?? false) {
    return spec(wish, "mem_page_size") === null && wish.image.pageSize === null
      ? contradiction("LockMemoryForbidden", "hw:locked_memory and hw_locked_memory need a page size: set hw:mem_page_size.")
      : Result.succeed(true)
  }
  return Result.map(memoryEncryptionOf(wish), (model) => model === "amd-sev" || model === "amd-sev-es")
}
