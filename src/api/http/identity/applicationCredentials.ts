/** `/v3/users/{user_id}/application_credentials`. */
import { Effect } from "effect"
import {
  checkUnrestricted, createCredential, credentialOf, removeCredential
} from "../../../actors/identity/applicationCredentials.ts"
import { type Draft, draftOf } from "../../../actors/identity/attributes.ts"
import type { ApplicationCredential } from "../../../actors/identity/Directory.ts"
import { allow, type Asking, created, type IdentityRow, noContent, ok, orRefuse, param, row } from "./asking.ts"
import { collection } from "./collection.ts"
import { credentialView } from "./views.ts"

const secretBytes = 64
const path = "/v3/users/:user_id/application_credentials"
const owner = (asking: Asking) => ({ userId: param(asking, "user_id") })
const viewOf = ({ directory, exchange }: Asking, credential: ApplicationCredential) =>
  credentialView(directory, credential, exchange.base)

export const credentialRows: ReadonlyArray<IdentityRow> = [
  row("GET", path, (asking) =>
    Effect.gen(function*() {
      yield* allow(asking, "list_application_credentials", owner(asking))
      const mine = [...asking.directory.all("applicationCredential")]
        .filter((credential) => credential.userId === param(asking, "user_id"))
      const views = mine.map((credential) => viewOf(asking, credential))
      return yield* collection(asking.exchange, "application_credentials", views, ["name"])
    })),
  row("POST", path, (asking) =>
    Effect.gen(function*() {
      const draft = yield* orRefuse<Draft>(draftOf("application_credential", asking.exchange.body, "create"))
      yield* allow(asking, "create_application_credential", owner(asking))
      yield* orRefuse(checkUnrestricted(asking.standing, "identity:create_application_credential"))
      const secret = (draft.fields["secret"] as string | null | undefined) || (yield* asking.accounts.secret(secretBytes))
      const secretHash = yield* asking.accounts.hash(secret)
      const credential = yield* asking.accounts.change((now, fresh) =>
        createCredential(now, { ...fresh, secretHash }, asking.standing, draft)
      )
      return created({ application_credential: { ...viewOf(asking, credential), secret } })
    })),
  row("GET", `${path}/:credential_id`, (asking) =>
    Effect.gen(function*() {
      yield* allow(asking, "get_application_credential", owner(asking))
      const credential = yield* orRefuse<ApplicationCredential>(
        credentialOf(asking.directory, param(asking, "user_id"), param(asking, "credential_id"))
      )
      return ok({ application_credential: viewOf(asking, credential) })
    })),
  row("DELETE", `${path}/:credential_id`, (asking) =>
    Effect.gen(function*() {
      yield* allow(asking, "delete_application_credential", owner(asking))
      yield* orRefuse(checkUnrestricted(asking.standing, "identity:delete_application_credential"))
      yield* asking.accounts.change((now) => removeCredential(now, param(asking, "user_id"), param(asking, "credential_id")))
      return noContent
    })),
  // Access rules are refused where they would be made, so there are none.
  row("GET", "/v3/users/:user_id/access_rules", (asking) =>
    Effect.andThen(allow(asking, "list_access_rules", owner(asking)), collection(asking.exchange, "access_rules", [])))
]
