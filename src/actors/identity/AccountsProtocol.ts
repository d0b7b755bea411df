import { Context } from "effect"
import type { Effect } from "effect"
import type { Refusal } from "../shared/Refusal.ts"
import type { AuthRequest } from "./authentication.ts"
import type { Decided, Directory } from "./Directory.ts"
import type { Standing } from "./standing.ts"

/** What a rule may not draw itself. */
export interface Fresh {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface Issued {
  readonly token: string
  readonly standing: Standing
}

export interface Bootstrapped {
  readonly userId: string
  readonly projectId: string
  /** The password just set; `null` when the user had one already. Nobody can ask for it again. */
  readonly password: string | null
}

/** Everything of the built-in Keystone that only its own face and the launcher need. */
export class Accounts extends Context.Service<Accounts, {
  readonly directory: Directory
  /** What a token stands for now; `unauthorized` for a forged, expired or revoked one. No I/O. */
  readonly inspect: (token: string) => Effect.Effect<Standing, Refusal>
  readonly authenticate: (request: AuthRequest) => Effect.Effect<Issued, Refusal>
  readonly revoke: (token: string) => Effect.Effect<void, Refusal>
  /** Decides on the newest directory and writes what was decided, all or nothing; one change at a time. */
  readonly change: <A>(rule: (directory: Directory, fresh: Fresh) => Decided<A> | Refusal) => Effect.Effect<A, Refusal>
  /** For passwords and secrets on their way into a change. */
  readonly hash: (password: string) => Effect.Effect<string>
  /** A secret nobody can guess, in base64url. */
  readonly secret: (bytes: number) => Effect.Effect<string>
  /** By the user, who proves the old one. Ends all of the user's tokens. */
  readonly changePassword: (userId: string, original: string, password: string) => Effect.Effect<void, Refusal>
  /** Makes what every cloud starts with, where it is missing. A password given replaces the one that is set. */
  readonly bootstrap: (options: { readonly password?: string }) => Effect.Effect<Bootstrapped, Refusal>
}>()("kilonova/actors/identity/Accounts") {}
