/** The bytes of an image: whole or a range of them. */
import { Effect } from "effect"
import type { Download } from "../../../actors/image/ImageApiProtocol.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import type { Answer, Exchange } from "../Exchange.ts"

interface Span {
  readonly offset: number
  readonly length: number
}

/** `undefined`: all of it was asked for; `null`: what was asked for is not there. Several ranges count as none. */
export const spanOf = (range: string | undefined, size: number): Span | null | undefined => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range?.trim() ?? "")
  if (match === null || (match[1] === "" && match[2] === "")) return undefined
  const [first, last] = match[1] === ""
    ? [Math.max(0, size - Number(match[2])), size - 1]
    : [Number(match[1]), match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1)]
  return first > last || first >= size ? null : { offset: first, length: last - first + 1 }
}

export const answerOf = (exchange: Exchange, { image, read }: Download): Answer => {
  if (read === null) return { status: 204 }
  const size = image.sizeBytes ?? 0
  const span = spanOf(exchange.headers["range"], size)
  if (span === null) return { status: 416, headers: { "content-range": `bytes */${size}` } }
  const { length, offset } = span ?? { offset: 0, length: size }
  return {
    status: span === undefined ? 200 : 206,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(length),
      ...(image.checksum === null ? {} : { "content-md5": image.checksum }),
      ...(span === undefined ? {} : { "content-range": `bytes ${offset}-${offset + length - 1}/${size}` })
    },
    bytes: read(offset, length)
  }
}

const octets = "application/octet-stream"

/** Glance takes bytes as bytes only. */
export const mediaRefusal = (exchange: Exchange): Effect.Effect<void, Refusal> => {
  const type = (exchange.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase()
  return type === octets
    ? Effect.void
    : Effect.fail(refuse("unsupportedMediaType", `The content type must be ${octets}.`))
}
