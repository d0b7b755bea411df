import { Schema } from "effect"

/** Why a request was refused, in no protocol's terms; each face maps a kind to its own status and fault body. */
export const RefusalKind = Schema.Literals([
  "badRequest",
  "unauthorized",
  "forbidden",
  "notFound",
  "conflict",
  "tooLarge",
  "unsupportedMediaType",
  "notImplemented",
  "unavailable"
])
export type RefusalKind = typeof RefusalKind.Type

/**
 * The one expected failure of every rule, service and actor. `message` is a sentence for the caller and names the
 * field and the rule; `code` tells apart refusals of one kind where a face words them differently (Nova's exception
 * name, for example `InstanceInvalidState`).
 */
export class Refusal extends Schema.TaggedError<Refusal>()("Refusal", {
  kind: RefusalKind,
  message: Schema.String,
  code: Schema.optionalKey(Schema.String)
}) {}

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal

/** An answer, no accident: where it was made is nobody's business, and a stack for each would cost more than the rule. */
export const refuse = (kind: RefusalKind, message: string, code?: string): Refusal => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return new Refusal(code === undefined ? { kind, message } : { kind, message, code })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
