import { Effect, Fiber, Schedule } from "effect"
import { ask } from "../../runtime/kernel/ask.ts"
import type { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { ProjectEntity } from "../project/ProjectProtocol.ts"
import { type Fence, promiseVoid } from "../shared/Promise.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Instance } from "./Instance.ts"
import type { Request } from "./InstanceCommand.ts"

/** Quota for equal servers of one request. What is held is given back, or seen as a server, or void. */
export interface Quota {
  readonly reserve: (ids: ReadonlyArray<string>, min: number) => Effect.Effect<{ readonly count: number; readonly promises: ReadonlyArray<Fence> }, Refusal>
  readonly release: (ids: ReadonlyArray<string>) => Effect.Effect<void>
}

type Projects = Effect.Success<typeof ProjectEntity.client>

export const makeQuota = (projects: Projects, ownership: Ownership["Service"]) =>
  ({ cores, moveId, projectId, ramMb, serverGroupId, userId }: {
    readonly projectId: string
    /** Of a server that grows. */
    readonly moveId?: string
    readonly userId: string
    readonly cores: number
    readonly ramMb: number
    readonly serverGroupId: string | null
  }): Quota => {
    const project = projects(projectId)
    return {
      reserve: (ids, min) =>
        Effect.suspend(() => {
          const holder = ownership.session()
          return Effect.map(ask(project.Reserve({ userId, ids, min, cores, ramMb, serverGroupId, holder, ...(moveId === undefined ? {} : { moveId }) })), ({ count, promise }) => ({
            count, promises: holder === null ? [promise] : [promise, holder]
          }))
        }),
      release: (ids) => Effect.ignore(ask(project.Release({ ids })))
    }
  }

/**
 * + commit the server      - give its quota back
 * A promise of quota that became void is asked for anew. Where nobody can say whether the server was committed, its
 * quota stays held and the question is put again until somebody can. Whoever waits may go; this goes on.
 */
export const makeCreateOne = <E extends { readonly _tag: string }>(
  commit: (instance: Instance, request: Request, promises: ReadonlyArray<Fence>) => Effect.Effect<Instance, E>
) => {
  const attempt = (
    quota: Quota, instance: Instance, request: Request, promises: ReadonlyArray<Fence>, triesLeft: number
  ): Effect.Effect<Instance, Refusal> =>
    Effect.catch(ask(commit(instance, request, promises)), (refusal) =>
      refusal.code === promiseVoid && triesLeft > 0
        ? Effect.flatMap(quota.reserve([instance.id], 1), (again) => attempt(quota, instance, request, again.promises, triesLeft - 1))
        : Effect.fail(refusal))

  return (quota: Quota, instance: Instance, request: Request, promises: ReadonlyArray<Fence>): Effect.Effect<Instance, Refusal> => {
    const once = attempt(quota, instance, request, promises, Limits.writeRetriesMax)
    const settled = once.pipe(
      Effect.retry({ while: isUnknown, schedule: Schedule.upTo(Schedule.spaced(Limits.stepRetryMillis), { duration: Limits.settleMillisMax }) }),
      Effect.catch((refusal) => isUnknown(refusal) ? Effect.void : quota.release([instance.id]))
    )
    const work = once.pipe(Effect.tapError((refusal) =>
      isUnknown(refusal) ? Effect.forkDetach(settled) : quota.release([instance.id])))
    return Effect.flatMap(Effect.forkDetach(work, { startImmediately: true }), Fiber.join)
  }
}

const isUnknown = (refusal: Refusal): boolean => refusal.kind === "unavailable" && refusal.code !== promiseVoid
