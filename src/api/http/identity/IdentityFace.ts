/** Keystone's v3 API over the built-in accounts, mounted at `/identity`. */
import type { Effect } from "effect"
import type { Accounts } from "../../../actors/identity/AccountsProtocol.ts"
import type { Identity } from "../../../actors/identity/IdentityProtocol.ts"
import { type Face, make as makeFace } from "../Face.ts"
import { credentialRows } from "./applicationCredentials.ts"
import type { IdentityRow } from "./asking.ts"
import { assignmentRows } from "./assignments.ts"
import { catalogRows } from "./catalog.ts"
import { manners, unknownOf } from "./fault.ts"
import { grantRows } from "./grants.ts"
import { projectRows } from "./projects.ts"
import { roleRows } from "./roles.ts"
import { tokenRows } from "./tokens.ts"
import { userRows } from "./users.ts"
import { versionRows } from "./versions.ts"

export const rows: ReadonlyArray<IdentityRow> = [
  ...versionRows,
  ...tokenRows,
  ...projectRows,
  ...userRows,
  ...roleRows,
  ...grantRows,
  ...assignmentRows,
  ...credentialRows,
  ...catalogRows
]

export const make: Effect.Effect<Face, never, Accounts | Identity> = makeFace({ ...manners, rows, unknownOf })
