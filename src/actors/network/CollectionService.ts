/** What all collections do alike: show what may be seen, own what is made, count against the quota, keep tags. */
import { Effect, Result } from "effect"
import type { Change, Table } from "../../runtime/kernel/Records.ts"
import type { Caller } from "../shared/Caller.ts"
import { isRefusal, type Refusal, refuse } from "../shared/Refusal.ts"
import { takeTurn } from "../shared/turns.ts"
import type { Owned } from "./Network.ts"
import type { Narrowing } from "./NetworkApiProtocol.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"
import type { NetworkStore } from "./NetworkStoreService.ts"
import { mayWrite, owns } from "./policy.ts"
import { notFound, overQuota } from "./refusals.ts"
import type { Shelf } from "./Shelf.ts"

export type Store = NetworkStore["Service"]

export interface Kind<A extends Owned, B> {
  readonly noun: Parameters<typeof notFound>[0]
  readonly shelf: Pick<Shelf<A>, "get" | "all">
  readonly table: Table<A>
  readonly sees: (caller: Caller, record: A) => boolean
  readonly view: (record: A) => B
  /** A small set that an index gives and that holds all the caller may see of this narrowing; `undefined`: all there are. */
  readonly narrow: (narrowing: Narrowing, caller: Caller) => ReadonlyArray<A> | undefined
}

/** The record, when the caller may see it and, with an operation, change it. */
export const lookUp = <A extends Owned>(
  kind: Pick<Kind<A, never>, "noun" | "shelf" | "sees">,
  caller: Caller,
  id: string,
  operation?: string
): Result.Result<A, Refusal> => {
  const record = kind.shelf.get(id)
  if (record === undefined || !kind.sees(caller, record)) return Result.fail(notFound(kind.noun, id))
  const refusal = operation === undefined ? undefined : mayWrite(caller, operation, record.projectId)
  return refusal === undefined ? Result.succeed(record) : Result.fail(refusal)
}

/** Whose records to look through: the project asked for, or the caller's own, who sees no others; admins see all. */
export const projectOf = (narrowing: Narrowing, caller: Caller): string | undefined =>
  narrowing.projectId ?? (caller.isAdmin ? undefined : caller.projectId ?? "")

/** Each record once; an index answers the very same object every time. */
export const union = <A>(...parts: ReadonlyArray<ReadonlyArray<A>>): ReadonlyArray<A> => [...new Set(parts.flat())]

export const reading = <A extends Owned, B>(kind: Kind<A, B>) => ({
  list: (caller: Caller, narrowing: Narrowing) =>
    Effect.sync(() => {
      const one = narrowing.id === undefined ? undefined : kind.shelf.get(narrowing.id)
      const some = narrowing.id === undefined ? kind.narrow(narrowing, caller) ?? kind.shelf.all() : one === undefined ? [] : [one]
      const seen: Array<B> = []
      for (const record of some) if (kind.sees(caller, record)) seen.push(kind.view(record))
      return seen
    }),
  get: (caller: Caller, id: string) => Effect.suspend(() => Effect.fromResult(Result.map(lookUp(kind, caller, id), kind.view)))
})

/** What every new record starts with; `null` project: the caller is scoped to none and named none. */
export const ownedBy = (
  caller: Caller,
  operation: string,
  draft: { readonly projectId: string | undefined; readonly name?: string; readonly description: string },
  id: string,
  now: string
): Result.Result<Owned, Refusal> => {
  const projectId = draft.projectId ?? caller.projectId
  const refusal = mayWrite(caller, operation, projectId)
  if (refusal !== undefined) return Result.fail(refusal)
  if (projectId === null) {
    return Result.fail(refuse("badRequest", "A project-scoped token or project_id is required to create this.", "HTTPBadRequest"))
  }
  return Result.succeed({
    id, projectId, name: draft.name ?? "", description: draft.description, tags: [], createdAt: now, updatedAt: now, revision: 1
  })
}

export const withinQuota = (index: NetworkIndex, resource: string, projectId: string, used: number): Refusal | undefined => {
  const limit = index.limit(projectId, resource)
  return limit >= 0 && used >= limit ? overQuota(resource) : undefined
}

/** Goes with what was counted against a quota: of two writers that saw the same count, one counts again. */
export const counted = (store: Store, resource: string, projectId: string): ReadonlyArray<Change> =>
  store.index.limit(projectId, resource) < 0 ? [] : [takeTurn(store, `${resource} quota of ${projectId}`)]

/** A record's next revision. */
export const touched = <A extends Owned>(record: A, changes: Partial<A>, now: string): A => ({
  ...record,
  ...changes,
  updatedAt: now,
  revision: record.revision + 1
})

/** Writes the next revision of a record over the one the decision saw. */
export const replacing = <A extends Owned>(store: Store, table: Table<A>, record: A): Change => ({
  table,
  put: record,
  expect: store.version(table, record.id)
})

/** Removes the record that the decision saw, and no later revision of it. */
export const removing = (store: Store, table: Change["table"], id: string): Change => ({
  table,
  remove: id,
  expect: store.version(table, id)
})

export const tagging = <A extends Owned, B>(store: Store, kind: Kind<A, B>, operation: string) =>
  Effect.fnUntraced(function*(
    caller: Caller,
    id: string,
    change: (tags: ReadonlyArray<string>) => ReadonlyArray<string> | Refusal
  ) {
    const now = yield* store.now
    return yield* store.change((): Result.Result<{ changes: ReadonlyArray<Change>; value: ReadonlyArray<string> }, Refusal> => {
      const found = lookUp(kind, caller, id, operation)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const record = found.success
      const tags = change(record.tags)
      if (isRefusal(tags)) return Result.fail(tags)
      const next = touched(record, { tags } as Partial<A>, now)
      return Result.succeed({ changes: [replacing(store, kind.table, next)], value: tags })
    })
  })

export const seesOwned = (caller: Caller, record: { readonly projectId: string }): boolean => owns(caller, record)
