import { Clock, Effect, Layer, Random, Result, Semaphore } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { defaultClassKey, limitsInForce, quotaKey, quotas } from "../project/quota.ts"
import type { Caller } from "../shared/Caller.ts"
import { uuidFrom } from "../shared/ids.ts"
import { refuse } from "../shared/Refusal.ts"
import { isoOf } from "../shared/time.ts"
import { takeTurn } from "../shared/turns.ts"
import { type ServerGroup, serverGroups } from "./ServerGroup.ts"
import { type ServerGroupDraft, ServerGroups } from "./ServerGroupsProtocol.ts"

const notFound = (id: string) => refuse("notFound", `Instance group ${id} could not be found.`, "InstanceGroupNotFound")
const tooMany = refuse("forbidden", "Quota exceeded, too many server groups.", "ServerGroupLimitExceeded")
const noRules = refuse("badRequest", "Only anti-affinity policy supports rules.")

export const layer = Layer.effect(ServerGroups, Effect.gen(function*() {
  const records = yield* Records
  const random = yield* Random.Random
  // One at a time here, and by turns among processes, so that nobody slips past the limit between the count and the write.
  const turn = yield* Semaphore.make(1)
  const list = (projectId: string | null) =>
    [...records.all(serverGroups)].filter((group) => projectId === null || group.projectId === projectId)
  const get = (caller: Caller, id: string): Result.Result<ServerGroup, ReturnType<typeof notFound>> => {
    const group = records.get(serverGroups, id)
    return group === undefined || (!caller.isAdmin && group.projectId !== caller.projectId) ? Result.fail(notFound(id)) : Result.succeed(group)
  }
  const isFull = ({ projectId, userId }: Caller) => {
    const limit = limitsInForce(
      records.get(quotas, defaultClassKey),
      records.get(quotas, quotaKey(projectId ?? "", null)),
      records.get(quotas, quotaKey(projectId ?? "", userId))
    ).server_groups
    return limit >= 0 && list(projectId ?? "").length >= limit
  }

  const create = Effect.fnUntraced(function*(caller: Caller, draft: ServerGroupDraft) {
    if (draft.maxServerPerHost !== null && draft.policy !== "anti-affinity") return yield* noRules
    const group: ServerGroup = {
      id: uuidFrom(() => random.nextDoubleUnsafe()),
      name: draft.name,
      projectId: caller.projectId ?? "",
      userId: caller.userId,
      policy: draft.policy,
      maxServerPerHost: draft.maxServerPerHost ?? 1,
      isRuleGiven: draft.maxServerPerHost !== null,
      createdAt: isoOf(yield* Clock.currentTimeMillis)
    }
    return yield* turn.withPermit(decideAndWrite(records, () =>
      isFull(caller)
        ? Result.fail(tooMany)
        : Result.succeed({
          changes: [{ table: serverGroups, put: group, expect: "absent" as const }, takeTurn(records, `server groups of ${group.projectId}`)],
          answer: group
        })))
  })

  return ServerGroups.of({
    get: (caller, id) => Effect.suspend(() => Effect.fromResult(get(caller, id))),
    list,
    create,
    remove: (caller, id) =>
      decideAndWrite(records, () =>
        Result.map(get(caller, id), () => ({
          changes: [{ table: serverGroups, remove: id, expect: records.version(serverGroups, id) }],
          answer: undefined
        })))
  })
}))
