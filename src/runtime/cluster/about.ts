import { Option, Schema } from "effect"

/** What a member of the cluster says of itself. */
const About = Schema.Struct({
  /** effect/cluster's own description, as that encodes it. */
  runner: Schema.Json,
  release: Schema.String,
  /** Of what it writes into the journal; members differ by one at most. */
  format: Schema.Int,
  /** Where clients reach its API, and agents its control port; `null`: nowhere. */
  apiUrl: Schema.NullOr(Schema.String),
  controlUrl: Schema.NullOr(Schema.String)
})
export type About = typeof About.Type

const unknown: About = { runner: null, release: "unknown", format: 0, apiUrl: null, controlUrl: null }
const codec = Schema.fromJsonString(About)

export const aboutOf = (about: About): string => Schema.encodeSync(codec)(about)

/** What cannot be read is from another age. */
export const readAbout = (text: string): About => Option.getOrElse(Schema.decodeOption(codec)(text), () => unknown)
