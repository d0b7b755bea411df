/** The five operations of a Neutron collection, and its tags, as rows. */
import { Effect, Result } from "effect"
import type { Collection, Narrowing } from "../../../actors/network/NetworkApiProtocol.ts"
import { NetworkApi } from "../../../actors/network/NetworkApiProtocol.ts"
import { isObject } from "../../../actors/shared/json.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import type { Answer, Exchange, Row } from "../Exchange.ts"
import { readCreate, readUpdate, text } from "./attributes.ts"
import type { Attributes, Values } from "./attributes.ts"
import { listing, shownFields } from "./listing.ts"
import type { Wire } from "./resources.ts"

interface Tagged {
  readonly tags: ReadonlyArray<string>
}

/** How one kind of resource is named, read and shown. */
export interface Resource<T extends Attributes, A extends Tagged, Patch> {
  readonly singular: string
  readonly plural: string
  /** In paths: `security-groups`. */
  readonly segment: string
  readonly attributes: T
  readonly wire: (record: A, isAdmin: boolean) => Wire
  readonly of: (api: NetworkApi["Service"]) => Collection<A, Values<T>, Patch>
  /** Attributes that answers have and requests must not. */
  readonly readOnly: ReadonlyArray<string>
  readonly isUpdatable: boolean
}

const bad = (message: string) => refuse("badRequest", message, "HTTPBadRequest")

const narrowingOf = (query: URLSearchParams): Narrowing => {
  const only = (key: string): string | undefined => {
    const values = query.getAll(key)
    return values.length === 1 && values[0] !== "" ? values[0] : undefined
  }
  return {
    id: only("id"),
    deviceId: only("device_id"),
    networkId: only("network_id"),
    projectId: only("project_id") ?? only("tenant_id"),
    securityGroupId: only("security_group_id")
  }
}

export const rowsOf = <T extends Attributes, A extends Tagged, Patch>(resource: Resource<T, A, Patch>): ReadonlyArray<Row<NetworkApi>> => {
  const { attributes, plural, segment, singular, wire } = resource
  const path = `/v2.0/${segment}`
  const readOnly = new Set(["id", "created_at", "updated_at", "revision_number", "tags", "status", ...resource.readOnly])
  const known = new Set([...Object.values(attributes).map((each) => each.wire), ...readOnly, "tenant_id"])
  const collection = Effect.map(NetworkApi, resource.of)
  const idOf = (exchange: Exchange) => exchange.params["id"]!
  const one = (exchange: Exchange, record: A) => shownFields(exchange.query)(wire(record, exchange.caller.isAdmin))

  const list = Effect.fnUntraced(function*(exchange: Exchange) {
    const records = yield* (yield* collection).list(exchange.caller, narrowingOf(exchange.query))
    const wires = records.map((record) => wire(record, exchange.caller.isAdmin))
    const page = yield* Effect.fromResult(listing(wires, exchange.query, known, `${exchange.base}${path}`))
    return {
      status: 200,
      body: { [plural]: page.records, ...(page.links.length === 0 ? {} : { [`${plural}_links`]: page.links }) }
    }
  })

  const show = Effect.fnUntraced(function*(exchange: Exchange) {
    const record = yield* (yield* collection).get(exchange.caller, idOf(exchange))
    return { status: 200, body: { [singular]: one(exchange, record) } }
  })

  /** All of a list or none: what was made before a refusal is removed again. */
  const createMany = (exchange: Exchange, items: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const api = yield* collection
      const drafts: Array<Values<T>> = []
      for (const item of items) drafts.push(yield* Effect.fromResult(readCreate(attributes, item, singular, readOnly)))
      const made: Array<A> = []
      const undo = Effect.suspend(() =>
        Effect.forEach(made, (record) =>
          Effect.ignore(api.remove(exchange.caller, String(wire(record, true)["id"]))), { discard: true })
      )
      yield* Effect.forEach(drafts, (draft) =>
        Effect.map(api.create(exchange.caller, draft), (record) => void made.push(record)), { discard: true }).pipe(
          Effect.tapError(() => undo)
        )
      return made.map((record) => wire(record, exchange.caller.isAdmin))
    })

  const create = (exchange: Exchange): Effect.Effect<Answer, Refusal, NetworkApi> => {
    const { body } = exchange
    if (!isObject(body)) return Effect.fail(bad("Resource body required"))
    const many = body[plural]
    if (many === undefined && body[singular] === undefined) return Effect.fail(bad(`Unable to find '${singular}' in request body`))
    if (many === undefined) {
      return Effect.map(createMany(exchange, [body[singular]]), ([made]) => ({ status: 201, body: { [singular]: made } }))
    }
    if (!Array.isArray(many) || many.length === 0) return Effect.fail(bad("Resources required"))
    if (many.length > Limits.pageSizeMax) return Effect.fail(bad(`At most ${Limits.pageSizeMax} ${plural} can be created at once`))
    return Effect.map(createMany(exchange, many), (made) => ({ status: 201, body: { [plural]: made } }))
  }

  const update = Effect.fnUntraced(function*(exchange: Exchange) {
    const body = isObject(exchange.body) ? exchange.body[singular] : undefined
    if (body === undefined) return yield* bad(`Unable to find '${singular}' in request body`)
    const patch = yield* Effect.fromResult(readUpdate(attributes, body, singular, readOnly))
    const record = yield* (yield* collection).update(exchange.caller, idOf(exchange), patch as Patch)
    return { status: 200, body: { [singular]: wire(record, exchange.caller.isAdmin) } }
  })

  const remove = (exchange: Exchange) =>
    Effect.flatMap(collection, (api) => api.remove(exchange.caller, idOf(exchange))).pipe(Effect.as({ status: 204 }))

  return [
    { method: "GET", path, handle: list },
    { method: "POST", path, handle: create },
    { method: "GET", path: `${path}/:id`, handle: show },
    ...(resource.isUpdatable ? [{ method: "PUT" as const, path: `${path}/:id`, handle: update }] : []),
    { method: "DELETE", path: `${path}/:id`, handle: remove },
    ...(resource.isUpdatable ? tagRows(path, collection) : [])
  ]
}

const tagNotFound = (tag: string) => refuse("notFound", `Tag ${tag} could not be found.`, "TagNotFound")

const readTags = (body: unknown): Result.Result<ReadonlyArray<string>, Refusal> => {
  const given = isObject(body) ? body["tags"] : undefined
  if (!Array.isArray(given)) return Result.fail(bad("Invalid input for operation: Invalid tags body."))
  const wrong = given.find((tag) => Result.isFailure(text(255)(tag)))
  return wrong === undefined ? Result.succeed([...new Set(given as ReadonlyArray<string>)]) : Result.fail(bad(`Invalid input for operation: ${JSON.stringify(wrong).slice(0, 255)} is not a valid tag of at most 255 characters.`))
}

const within = (tags: ReadonlyArray<string>): ReadonlyArray<string> | Refusal =>
  tags.length > Limits.tagsPerResourceMax ? bad(`Too many tags, at most ${Limits.tagsPerResourceMax} are allowed.`) : tags

const tagRows = <A extends Tagged, Draft, Patch>(
  path: string,
  collection: Effect.Effect<Collection<A, Draft, Patch>, never, NetworkApi>
): ReadonlyArray<Row<NetworkApi>> => {
  const change = (
    exchange: Exchange,
    next: (tags: ReadonlyArray<string>) => ReadonlyArray<string> | Refusal
  ) => Effect.flatMap(collection, (api) => api.retag(exchange.caller, exchange.params["id"]!, next))
  const tagsOf = (exchange: Exchange) =>
    Effect.flatMap(collection, (api) => api.get(exchange.caller, exchange.params["id"]!)).pipe(
      Effect.map((record) => record.tags)
    )
  const tagOf = (exchange: Exchange) => exchange.params["tag"]!
  return [
    {
      method: "GET",
      path: `${path}/:id/tags`,
      handle: (exchange) => Effect.map(tagsOf(exchange), (tags) => ({ status: 200, body: { tags } }))
    },
    {
      method: "PUT",
      path: `${path}/:id/tags`,
      handle: (exchange) =>
        Effect.flatMap(Effect.fromResult(readTags(exchange.body)), (tags) => change(exchange, () => within(tags))).pipe(
          Effect.map((tags) => ({ status: 200, body: { tags } }))
        )
    },
    { method: "DELETE", path: `${path}/:id/tags`, handle: (exchange) => Effect.as(change(exchange, () => []), { status: 204 }) },
    {
      method: "GET",
      path: `${path}/:id/tags/:tag`,
      handle: (exchange) =>
        Effect.flatMap(tagsOf(exchange), (tags) =>
          tags.includes(tagOf(exchange)) ? Effect.succeed({ status: 204 }) : Effect.fail(tagNotFound(tagOf(exchange))))
    },
    {
      method: "PUT",
      path: `${path}/:id/tags/:tag`,
      handle: (exchange) =>
        Effect.flatMap(Effect.fromResult(readTags({ tags: [tagOf(exchange)] })), ([tag]) =>
          change(exchange, (tags) => tags.includes(tag!) ? tags : within([...tags, tag!]))).pipe(Effect.as({ status: 201 }))
    },
    {
      method: "DELETE",
      path: `${path}/:id/tags/:tag`,
      handle: (exchange) =>
        change(exchange, (tags) => tags.includes(tagOf(exchange)) ? tags.filter((tag) => tag !== tagOf(exchange)) : tagNotFound(tagOf(exchange)))
          .pipe(Effect.as({ status: 204 }))
    }
  ]
}
