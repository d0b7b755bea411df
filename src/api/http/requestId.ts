import { type Fiber, Random } from "effect"
import { uuidFrom } from "../../actors/shared/ids.ts"

/** Drawn from the fiber's own source of chance, without the detour of an effect. */
export const makeRequestId = (fiber: Fiber.Fiber<unknown, unknown>): string => {
  const random = fiber.getRef(Random.Random)
  return `req-${uuidFrom(() => random.nextDoubleUnsafe())}`
}
