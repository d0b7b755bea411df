import { type Fiber, Random } from "effect"

/** A random (version 4) UUID out of the fiber's own source of chance. Not for secrets. */
export const uuidUnsafe = (fiber: Fiber.Fiber<unknown, unknown>): string => {
  const random = fiber.getRef(Random.Random)
  const hex = (digits: 4 | 8) =>
    (random.nextDoubleUnsafe() * 16 ** digits >>> 0).toString(16).padStart(digits, "0")
  const version = (random.nextDoubleUnsafe() * 0x1000 | 0x4000).toString(16)
  const variant = (random.nextDoubleUnsafe() * 0x4000 | 0x8000).toString(16)
  return `${hex(8)}-${hex(4)}-${version}-${variant}-${hex(4)}${hex(8)}`
}

export const makeRequestId = (fiber: Fiber.Fiber<unknown, unknown>): string => `req-${uuidUnsafe(fiber)}`
