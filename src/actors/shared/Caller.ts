import { Schema } from "effect"

/** Who asks: the facts of a verified token that rules and policies look at. Times are ISO 8601 in UTC. */
export const Caller = Schema.Struct({
  userId: Schema.String,
  userName: Schema.String,
  domainId: Schema.String,
  /** `null` for an unscoped or a system-scoped token. */
  projectId: Schema.NullOr(Schema.String),
  projectName: Schema.NullOr(Schema.String),
  /** Role names with the implied ones (admin > manager > member > reader) written out. */
  roles: Schema.Array(Schema.String),
  isAdmin: Schema.Boolean,
  systemScope: Schema.Boolean,
  expiresAt: Schema.String
})
export type Caller = typeof Caller.Type
