import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { type HardwareWish, spec } from "./HardwareWish.ts"
import { contradiction } from "./refusal.ts"

/** `small`: the smallest of the host; `large`: any other, the biggest first; `any`: the biggest that fits; or KiB. */
export type PageSize = "small" | "large" | "any" | number

const exponents: { readonly [prefix: string]: number } = { K: 1, M: 2, G: 3, T: 4, P: 5, E: 6, Z: 7, Y: 8, R: 9, Q: 10 }

/** Digits alone are KiB; else powers of 1024 of bytes (`B`) or bits (`b`, `bit`), rounded up to bytes and down to KiB. */
const parse = (text: string): Result.Result<PageSize, Refusal> => {
  if (text === "small" || text === "large" || text === "any") return Result.succeed(text)
  const match = /^([-+]?\d*\.?\d+)(?:([KMGTPEZYRQ])i?)?(b|bit|B)$/.exec(text)
  const bytes = match === null ? 0 : Math.ceil(Number(match[1]) / (match[3] === "B" ? 1 : 8) * 1024 ** (exponents[match[2] ?? ""] ?? 0))
  const isPlain = /^\d+$/.test(text)
  const sizeKb = isPlain ? Number(text) : Math.floor(bytes / 1024)
  return !Number.isSafeInteger(sizeKb) || (sizeKb < 1 && !isPlain)
    ? contradiction("MemoryPageSizeInvalid", `Page size '${text}' is not small, large, any, a number of KiB or a size like 2MB or 1GiB.`)
    : Result.succeed(sizeKb)
}

/** The flavor's page size; only where that is `large` or `any` the image may choose, and only where the flavor has one. */
export const pageSizeOf = (wish: HardwareWish): Result.Result<PageSize | null, Refusal> => {
  const flavor = spec(wish, "mem_page_size")
  const image = wish.image.pageSize
  const forbidden = () => contradiction(
    "MemoryPageSizeForbidden",
    `Image property hw_mem_page_size=${image} needs a flavor with hw:mem_page_size large or any; the flavor's is ${flavor ?? "not set"}.`
  )
  if (flavor === null) return image === null ? Result.succeed(null) : forbidden()
  return Result.flatMap(parse(flavor), (size) => {
    if (image !== null) return size === "any" || size === "large" ? parse(image) : forbidden()
    return Result.succeed(size === 0 ? null : size)
  })
}
