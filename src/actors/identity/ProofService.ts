/** Checking who somebody is: one way for each method a token request may name. */
import { Clock, Effect } from "effect"
import type { Refusal } from "../shared/Refusal.ts"
import { type Proof, type Reference, userOf } from "./authentication.ts"
import { type ApplicationCredential, type Directory, nameKey, type User } from "./Directory.ts"
import { unauthenticated } from "./refusals.ts"
import type { Standing } from "./standing.ts"
import type { Claims, Method } from "./token.ts"

/** A user as of the moment the proof began: if the password changes meanwhile, the epoch tells. */
export interface Proven {
  readonly method: Method
  readonly user: User
  readonly credential: ApplicationCredential | null
  /** The token a new one is made from. */
  readonly parent: Claims | null
}

interface Means {
  readonly directory: Directory
  readonly inspect: (token: string) => Effect.Effect<Standing, Refusal>
  readonly matches: (password: string, stored: string | null | undefined) => Effect.Effect<boolean>
}

const credentialFor = (directory: Directory, reference: Reference, user: Reference | undefined) => {
  if (reference.id !== undefined) return directory.get("applicationCredential", reference.id)
  const owner = user === undefined ? undefined : userOf(directory, user)
  return owner && directory.named("applicationCredential", nameKey(owner.id, reference.name ?? ""))
}

/** Whatever is wrong, the answer is the same and takes as long. */
export const provenBy = ({ directory, inspect, matches }: Means) => {
  const ways = {
    password: Effect.fnUntraced(function*(proof: Extract<Proof, { method: "password" }>) {
      const user = userOf(directory, proof.user)
      const isMatch = yield* matches(proof.password, user?.passwordHash)
      return user !== undefined && isMatch ? { method: proof.method, user, credential: null, parent: null } : yield* unauthenticated
    }),
    token: Effect.fnUntraced(function*(proof: Extract<Proof, { method: "token" }>) {
      const { applicationCredential, claims, user } = yield* inspect(proof.token)
      return { method: proof.method, user, credential: applicationCredential, parent: claims }
    }),
    application_credential: Effect.fnUntraced(function*(proof: Extract<Proof, { method: "application_credential" }>) {
      const credential = credentialFor(directory, proof.credential, proof.user)
      const user = credential && userOf(directory, { id: credential.userId })
      const isMatch = yield* matches(proof.secret, credential?.secretHash)
      const now = yield* Clock.currentTimeMillis
      return credential !== undefined && user !== undefined && isMatch && (credential.expiresAt ?? Infinity) > now
        ? { method: proof.method, user, credential, parent: null }
        : yield* unauthenticated
    })
  }
  return (proof: Proof): Effect.Effect<Proven, Refusal> => {
    switch (proof.method) {
      case "password":
        return ways.password(proof)
      case "token":
        return ways.token(proof)
      case "application_credential":
        return ways.application_credential(proof)
    }
  }
}
