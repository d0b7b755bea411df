import { Effect, Stream } from "effect"
import type { Readable } from "node:stream"
import { type Refusal, refuse } from "../../actors/shared/Refusal.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Incoming } from "./Face.ts"

const tooLarge = (bytesMax: number) => refuse("tooLarge", `The body is larger than ${bytesMax} bytes.`)
const tooSlow = refuse("badRequest", "The request body did not arrive in time.", "BodyTimeout")
export const bodyBroken = refuse("badRequest", "The request body could not be read.")
const malformed = refuse("badRequest", "The request body is not valid JSON.", "MalformedRequestBody")
const nothing = new Uint8Array(0)

/** The size a client declared; a body without one is counted as it comes. */
export const declaredBytes = (incoming: Incoming): number | null => {
  const declared = incoming.headers["content-length"]
  if (declared !== undefined) return Number(declared)
  return incoming.headers["transfer-encoding"] === undefined ? 0 : null
}

/** Straight from the socket; whatever ends the reading early leaves no listener behind. */
const readSource = (source: Readable, bytesMax: number): Effect.Effect<Uint8Array, Refusal> =>
  Effect.callback((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const settle = (exit: Effect.Effect<Uint8Array, Refusal>) => {
      forget()
      resume(exit)
    }
    const onData = (chunk: Uint8Array) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > bytesMax) settle(Effect.fail(tooLarge(bytesMax)))
    }
    const onEnd = () => settle(Effect.succeed(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    const onBroken = () => settle(Effect.fail(bodyBroken))
    const timer = setTimeout(() => settle(Effect.fail(tooSlow)), Limits.bodyMillisMax)
    const forget = () => {
      clearTimeout(timer)
      source.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken)
    }
    source.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken)
    return Effect.sync(forget)
  })

const readStream = (bytes: Incoming["bytes"], bytesMax: number): Effect.Effect<Uint8Array, Refusal> =>
  Stream.runFoldEffect(
    bytes,
    () => ({ chunks: [] as Array<Uint8Array>, size: 0 }),
    (read, chunk) => {
      read.chunks.push(chunk)
      read.size += chunk.length
      return read.size > bytesMax ? Effect.fail(tooLarge(bytesMax)) : Effect.succeed(read)
    }
  ).pipe(
    Effect.map((read) => read.chunks.length === 1 ? read.chunks[0]! : Buffer.concat(read.chunks)),
    Effect.timeoutOrElse({ duration: Limits.bodyMillisMax, orElse: () => Effect.fail(tooSlow) })
  )

/** The whole body, unless it is too large or too slow. */
export const readAll = (incoming: Incoming, bytesMax: number): Effect.Effect<Uint8Array, Refusal> => {
  const declared = declaredBytes(incoming)
  if (declared === 0) return Effect.succeed(nothing)
  if (declared !== null && declared > bytesMax) return Effect.fail(tooLarge(bytesMax))
  return incoming.source === undefined ? readStream(incoming.bytes, bytesMax) : readSource(incoming.source, bytesMax)
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** `null` for an empty body. Deep nesting is refused here: it would overflow the stack of whoever walks it later. */
export const parseJson = (bytes: Uint8Array): Effect.Effect<unknown, Refusal> => {
  if (bytes.length === 0) return Effect.succeed(null)
  try {
    const text = utf8.decode(bytes)
    return nesting(text) > Limits.jsonDepthMax ? Effect.fail(malformed) : Effect.succeed(JSON.parse(text) as unknown)
  } catch {
    return Effect.fail(malformed)
  }
}

/** How deep brackets nest; short texts cannot nest too deep and are not looked at. */
const nesting = (text: string): number => {
  if (text.length <= Limits.jsonDepthMax * 2) return 0
  let depth = 0
  let deepest = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x22) inString = !inString
    else if (code === 0x5c) index++
    else if (inString) continue
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return deepest
}
