/** Ended tokens, remembered for as long as they would have lived, and never more than a bound. */
import { Limits } from "../../runtime/Limits.ts"
import type { Decided, Directory, Edit } from "./Directory.ts"
import type { Claims } from "./token.ts"

export const revoke = (
  directory: Directory,
  claims: Claims,
  now: number,
  revocationsMax: number = Limits.revocationsMax
): Decided<null> => {
  const all = [...directory.all("revocation")]
  const over = all.filter((revocation) => revocation.expiresAt <= now)
  const pruned = over.slice(0, Limits.commitBatchMax)
    .map((revocation): Edit => ({ kind: "revocation", remove: revocation.auditId }))
  const auditId = claims.auditIds[0]!
  if (directory.get("revocation", auditId) !== undefined) return { edits: [], result: null }
  if (all.length - over.length < revocationsMax) {
    return { edits: [...pruned, { kind: "revocation", put: { auditId, expiresAt: claims.expiresAt } }], result: null }
  }
  // No room to remember one more: end all of the user's tokens, which takes none.
  const user = directory.get("user", claims.userId)
  return user === undefined
    ? { edits: pruned, result: null }
    : { edits: [...pruned, { kind: "user", put: { ...user, epoch: user.epoch + 1 } }], result: null }
}
