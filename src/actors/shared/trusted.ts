import { Result, Schema, SchemaParser, SchemaTransformation } from "effect"

/**
 * The schema for messages between actors, plain JSON alone: taken as it is inside one process, where its type was checked
 * by the compiler, and checked in full when it arrives from another. (Checking a server's state costs more than handling
 * it.) Fields that only a newer release knows stay in it.
 */
export const trusted = <A, I>(schema: Schema.Codec<A, I>): Schema.Codec<A, A> => {
  const decode = SchemaParser.decodeUnknownResult(schema)
  const checked = Schema.Unknown.check(Schema.makeFilter((given) => {
    const decoded = decode(given)
    return Result.isSuccess(decoded) ? true : decoded.failure
  }))
  return Schema.declare((_: unknown): _ is A => true, {
    toCodecJson: () => Schema.link<A>()(checked, SchemaTransformation.passthrough<A, unknown>({ strict: false }))
  })
}
