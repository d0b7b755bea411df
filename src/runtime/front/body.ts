import type { IncomingMessage } from "node:http"
import { Effect } from "effect"
import { Limits } from "../Limits.ts"

export interface Body {
  readonly kept: Buffer
  /** Where the rest comes from, once, of a body larger than what is kept: an image, a reshape. */
  readonly rest: IncomingMessage | null
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0

/** All of a body that every face but the images' and Placement's would take; else its beginning, and where the rest comes from. */
export const readBody = (request: IncomingMessage): Effect.Effect<Body> =>
  Effect.callback((resume) => {
    if (!hasBody(request)) return resume(Effect.succeed({ kept: Buffer.alloc(0), rest: null }))
    if (Number(request.headers["content-length"] ?? 0) > Limits.bodyBytesMax) {
      return resume(Effect.succeed({ kept: Buffer.alloc(0), rest: request }))
    }
    const chunks: Array<Buffer> = []
    let size = 0
    const finish = (rest: IncomingMessage | null) => {
      request.off("data", onData).off("end", onEnd)
      resume(Effect.succeed({ kept: Buffer.concat(chunks), rest }))
    }
    const onEnd = () => finish(null)
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= Limits.bodyBytesMax) return
      request.pause()
      finish(request)
    }
    request.on("data", onData).on("end", onEnd)
  })
