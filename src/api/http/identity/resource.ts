/** List, show, create, update and delete of one kind of resource: what differs between kinds is this table. */
import { Effect } from "effect"
import type { Fresh } from "../../../actors/identity/AccountsProtocol.ts"
import { type Draft, draftOf, type Writable } from "../../../actors/identity/attributes.ts"
import { defaultDomainId } from "../../../actors/identity/bootstrap.ts"
import type { Decided, Directory, Kinds } from "../../../actors/identity/Directory.ts"
import type { Action, Target } from "../../../actors/identity/policies.ts"
import { absent } from "../../../actors/identity/refusals.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { allow, type Asking, created, type IdentityRow, noContent, ok, orRefuse, param, row, scopeDomainId } from "./asking.ts"
import { collection, type View } from "./collection.ts"

export type ResourceKind = Exclude<Writable, "application_credential">
/** A new password's hash; `undefined` when the request has none. */
export type Hash = string | null | undefined

export interface Resource<K extends ResourceKind> {
  readonly kind: K
  readonly plural: string
  readonly filters: ReadonlyArray<string>
  readonly view: (record: Kinds[K], base: string) => View
  readonly actions: { readonly [verb in "list" | "get" | "create" | "update" | "delete"]: Action }
  readonly targetOf: (record: Kinds[K]) => Target
  /** Of the records a caller may list, those that belong in this list. */
  readonly isListed?: (record: Kinds[K], asking: Asking) => boolean
  readonly create: (now: Directory, fresh: Fresh, draft: Draft, domainId: string, hash: Hash) => Decided<Kinds[K]> | Refusal
  readonly update: (now: Directory, id: string, draft: Draft, hash: Hash) => Decided<Kinds[K]> | Refusal
  readonly remove: (now: Directory, id: string) => Decided<null> | Refusal
  /** More of one record, as the query asks. */
  readonly detail?: (record: Kinds[K], asking: Asking) => View
}

/** Where things go that name no domain: into the one the caller's token is for, else the default one. */
const homeOf = (asking: Asking): string => scopeDomainId(asking) ?? defaultDomainId

const hashIn = (asking: Asking, draft: Draft): Effect.Effect<Hash> => {
  const password = draft.fields["password"]
  return typeof password === "string" ? asking.accounts.hash(password) : Effect.succeed(password === null ? null : undefined)
}

/** Someone who may not see a thing does not learn whether it is there. */
export const permitted = <K extends ResourceKind>(resource: Resource<K>, asking: Asking, action: Action, id: string) => {
  const record = asking.directory.get(resource.kind, id)
  return Effect.andThen(
    allow(asking, action, record === undefined ? {} : resource.targetOf(record)),
    orRefuse<Kinds[K]>(record ?? absent(resource.kind, id))
  ) as Effect.Effect<Kinds[K], Refusal>
}

export const resourceRows = <K extends ResourceKind>(resource: Resource<K>): ReadonlyArray<IdentityRow> => {
  const { actions, kind, plural } = resource
  const idName = `${kind}_id`
  const shown = (asking: Asking, record: Kinds[K]) => ({ [kind]: resource.view(record, asking.exchange.base) })

  return [
    row("GET", `/v3/${plural}`, (asking) =>
      Effect.gen(function*() {
        const { query } = asking.exchange
        const domainId = scopeDomainId(asking)
        yield* allow(asking, actions.list, { domainId: query.get("domain_id") ?? domainId })
        const records = [...asking.directory.all(kind)].filter((record) =>
          (domainId === undefined || resource.targetOf(record).domainId === domainId) &&
          (resource.isListed === undefined || resource.isListed(record, asking))
        )
        const views = records.map((record) => resource.view(record, asking.exchange.base))
        return yield* collection(asking.exchange, plural, views, resource.filters)
      })),
    row("POST", `/v3/${plural}`, (asking) =>
      Effect.gen(function*() {
        const draft = yield* orRefuse<Draft>(draftOf(kind, asking.exchange.body, "create"))
        const domainId = homeOf(asking)
        yield* allow(asking, actions.create, { domainId: (draft.fields["domain_id"] as string | null | undefined) ?? domainId })
        const hash = yield* hashIn(asking, draft)
        const record = yield* asking.accounts.change((now, fresh) => resource.create(now, fresh, draft, domainId, hash))
        return created(shown(asking, record))
      })),
    row("GET", `/v3/${plural}/:${idName}`, (asking) =>
      Effect.map(permitted(resource, asking, actions.get, param(asking, idName)), (record) =>
        ok({ [kind]: { ...resource.view(record, asking.exchange.base), ...resource.detail?.(record, asking) } }))),
    row("PATCH", `/v3/${plural}/:${idName}`, (asking) =>
      Effect.gen(function*() {
        const id = param(asking, idName)
        const draft = yield* orRefuse<Draft>(draftOf(kind, asking.exchange.body, "update"))
        yield* permitted(resource, asking, actions.update, id)
        const hash = yield* hashIn(asking, draft)
        return ok(shown(asking, yield* asking.accounts.change((now) => resource.update(now, id, draft, hash))))
      })),
    row("DELETE", `/v3/${plural}/:${idName}`, (asking) =>
      Effect.gen(function*() {
        const id = param(asking, idName)
        yield* permitted(resource, asking, actions.delete, id)
        yield* asking.accounts.change((now) => resource.remove(now, id))
        return noContent
      }))
  ]
}
