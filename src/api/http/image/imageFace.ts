/** Glance v2 over the image service, mounted at `/image`. */
import { Effect } from "effect"
import { memberStatuses } from "../../../actors/image/Image.ts"
import type { MemberStatus } from "../../../actors/image/Image.ts"
import { ImageApi } from "../../../actors/image/ImageApiProtocol.ts"
import { describe } from "../../../actors/image/imageFields.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import type { Answer, Exchange, Handler, Row } from "../Exchange.ts"
import * as Face from "../Face.ts"
import { answerOf, mediaRefusal } from "./bytes.ts"
import { manners } from "./fault.ts"
import { imageWire, memberWire } from "./imageWire.ts"
import { listing, scopeOf } from "./listing.ts"
import { readPatch } from "./patch.ts"
import { schemas } from "./schemas.ts"

type Work = Effect.Effect<Answer, Refusal>
const row = (
  method: Row["method"],
  path: string,
  handle: (exchange: Exchange, api: ImageApi["Service"]) => Work,
  options: { readonly raw?: boolean } = {}
): Row<ImageApi> => ({ method, path, handle: (exchange) => Effect.flatMap(ImageApi, (api) => handle(exchange, api)), ...options })

const idOf = (exchange: Exchange): string => exchange.params["id"]!
const ok = (body: unknown): Answer => ({ status: 200, body })
const nothing: Answer = { status: 204 }
const bad = (message: string): Effect.Effect<never, Refusal> => Effect.fail(refuse("badRequest", message))

const objectIn = (exchange: Exchange): Effect.Effect<Readonly<Record<string, unknown>>, Refusal> =>
  typeof exchange.body === "object" && exchange.body !== null && !Array.isArray(exchange.body)
    ? Effect.succeed(exchange.body as Readonly<Record<string, unknown>>)
    : bad("Body expected in request.")

const minors = [15, 9, 7, 6, 5, 4, 3, 2, 1, 0]
const versions = (status: number): Handler => (exchange) =>
  Effect.succeed({
    status,
    body: {
      versions: minors.map((minor, at) => ({
        id: `v2.${minor}`,
        status: at === 0 ? "CURRENT" : "SUPPORTED",
        links: [{ rel: "self", href: `${exchange.base}/v2/` }]
      }))
    }
  })

const list = Effect.fnUntraced(function*(exchange: Exchange, api: ImageApi["Service"]) {
  const { memberStatus, visibility } = yield* Effect.fromResult(scopeOf(exchange.query))
  const images = yield* api.list(exchange.caller, visibility, memberStatus)
  return ok(yield* Effect.fromResult(listing(images.map(imageWire), exchange.query)))
})

const isUuid = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)

const create = Effect.fnUntraced(function*(exchange: Exchange, api: ImageApi["Service"]) {
  const body = yield* objectIn(exchange)
  const { id } = body
  if (id !== undefined && !isUuid(id)) {
    return yield* bad(`Provided object does not match schema 'image': ${JSON.stringify(id)} is not a UUID. Failed validating 'id'.`)
  }
  const described = yield* Effect.fromResult(describe(body, exchange.caller.projectId))
  const image = yield* api.create(exchange.caller, isUuid(id) ? id.toLowerCase() : null, described)
  return { status: 201, headers: { location: `${exchange.base}/v2/images/${image.id}` }, body: imageWire(image) }
})

const update = Effect.fnUntraced(function*(exchange: Exchange, api: ImageApi["Service"]) {
  const changes = yield* Effect.fromResult(readPatch(exchange.headers["content-type"], exchange.body))
  return ok(imageWire(yield* api.patch(exchange.caller, idOf(exchange), changes)))
})

const upload = (exchange: Exchange, api: ImageApi["Service"]): Work =>
  Effect.andThen(mediaRefusal(exchange), api.upload(exchange.caller, idOf(exchange), exchange.bytes)).pipe(Effect.as(nothing))

const action = (isActive: boolean) => (exchange: Exchange, api: ImageApi["Service"]): Work =>
  Effect.as(api.setActive(exchange.caller, idOf(exchange), isActive), nothing)

const tag = (isWanted: boolean) => (exchange: Exchange, api: ImageApi["Service"]): Work =>
  Effect.as(api.tag(exchange.caller, idOf(exchange), exchange.params["tag"]!, isWanted), nothing)

const members = (exchange: Exchange, api: ImageApi["Service"]): Work =>
  Effect.map(api.members(exchange.caller, idOf(exchange)), (all) =>
    ok({ members: all.map((member) => memberWire(idOf(exchange), member)), schema: "/v2/schemas/members" }))

const member = (exchange: Exchange, api: ImageApi["Service"]): Work =>
  Effect.flatMap(api.members(exchange.caller, idOf(exchange)), (all) => {
    const found = all.find((each) => each.memberId === exchange.params["member"])
    return found === undefined
      ? Effect.fail(refuse("notFound", `Member ${exchange.params["member"]} could not be found for image ${idOf(exchange)}`))
      : Effect.succeed(ok(memberWire(idOf(exchange), found)))
  })

const addMember = Effect.fnUntraced(function*(exchange: Exchange, api: ImageApi["Service"]) {
  const { member: memberId } = yield* objectIn(exchange)
  if (typeof memberId !== "string" || memberId === "" || memberId.length > 255) return yield* bad("Member can't be empty")
  return ok(memberWire(idOf(exchange), yield* api.addMember(exchange.caller, idOf(exchange), memberId)))
})

const setMember = Effect.fnUntraced(function*(exchange: Exchange, api: ImageApi["Service"]) {
  const { status } = yield* objectIn(exchange)
  if (!memberStatuses.includes(status as MemberStatus)) return yield* bad(`Status must be one of ${memberStatuses.join(", ")}.`)
  const changed = yield* api.setMember(exchange.caller, idOf(exchange), exchange.params["member"]!, status as MemberStatus)
  return ok(memberWire(idOf(exchange), changed))
})

const schema = (exchange: Exchange): Work => {
  const name = exchange.params["name"]!
  return Object.hasOwn(schemas, name)
    ? Effect.succeed(ok(schemas[name]))
    : Effect.fail(refuse("notFound", "The resource could not be found."))
}

const importMethods = { "import-methods": { description: "Import methods available.", type: "array", value: [] } }

const rows: ReadonlyArray<Row<ImageApi>> = [
  { method: "GET", path: "/", open: true, handle: versions(300) },
  { method: "GET", path: "/versions", open: true, handle: versions(200) },
  row("GET", "/v2/images", list),
  row("POST", "/v2/images", create),
  row("GET", "/v2/images/:id", (exchange, api) => Effect.map(api.get(exchange.caller, idOf(exchange)), (image) => ok(imageWire(image)))),
  row("PATCH", "/v2/images/:id", update),
  row("DELETE", "/v2/images/:id", (exchange, api) => Effect.as(api.remove(exchange.caller, idOf(exchange)), nothing)),
  row("PUT", "/v2/images/:id/file", upload, { raw: true }),
  row("GET", "/v2/images/:id/file", (exchange, api) =>
    Effect.map(api.download(exchange.caller, idOf(exchange)), (download) => answerOf(exchange, download))),
  row("POST", "/v2/images/:id/actions/deactivate", action(false)),
  row("POST", "/v2/images/:id/actions/reactivate", action(true)),
  row("PUT", "/v2/images/:id/tags/:tag", tag(true)),
  row("DELETE", "/v2/images/:id/tags/:tag", tag(false)),
  row("GET", "/v2/images/:id/members", members),
  row("POST", "/v2/images/:id/members", addMember),
  row("GET", "/v2/images/:id/members/:member", member),
  row("PUT", "/v2/images/:id/members/:member", setMember),
  row("DELETE", "/v2/images/:id/members/:member", (exchange, api) =>
    Effect.as(api.removeMember(exchange.caller, idOf(exchange), exchange.params["member"]!), nothing)),
  row("GET", "/v2/schemas/:name", schema),
  row("GET", "/v2/info/import", () => Effect.succeed(ok(importMethods)))
]

export const make = Face.make({ ...manners, rows, guardsUnknown: true })
