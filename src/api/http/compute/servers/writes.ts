import { Effect, Random } from "effect"
import { hosts } from "../../../../actors/host/Host.ts"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import type { Patch } from "../../../../actors/instance/InstanceCommand.ts"
import { type CreateServer, Servers } from "../../../../actors/instance/ServersProtocol.ts"
import { defaultClassKey, limitsInForce, quotaKey, quotas } from "../../../../actors/project/quota.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { Records } from "../../../../runtime/kernel/Records.ts"
import { type Call, linksOf } from "../Call.ts"
import { accepted, asked, type Handling, permit } from "./asking.ts"
import { behaviours } from "./behaviours.ts"
import { type CreateBody, type Creation, readCreation } from "./create.ts"
import { serverText } from "./reads.ts"
import { zoneOf } from "./values.ts"

const alphabets = ["23456789", "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz"]
const passwordLength = 12

/** A password that is easy to read aloud: no look-alikes, at least one sign of each kind. */
const makePassword: Effect.Effect<string> = Effect.gen(function*() {
  const random = yield* Random.Random
  const pick = (signs: string) => signs[Math.floor(random.nextDoubleUnsafe() * signs.length)]!
  const signs = [...alphabets.map(pick), ...Array.from({ length: passwordLength - alphabets.length }, () => pick(alphabets.join("")))]
  for (let i = signs.length - 1; i > 0; i--) {
    const other = Math.floor(random.nextDoubleUnsafe() * (i + 1))
    ;[signs[i], signs[other]] = [signs[other]!, signs[i]!]
  }
  return signs.join("")
})

/** How many metadata items a server of this caller may have. */
export const checkMetadata = (call: Call, count: number): Effect.Effect<void, Refusal, Records> =>
  Effect.flatMap(Records, (records) => {
    const { projectId, userId } = call.caller
    const keys = [defaultClassKey, quotaKey(projectId ?? "", null), quotaKey(projectId ?? "", userId)]
    const { metadata_items: allowed } = limitsInForce(...keys.map((key) => records.get(quotas, key)))
    return allowed >= 0 && count > allowed
      ? Effect.fail(refuse("forbidden", `Maximum number of metadata items exceeds ${allowed}`, "MetadataLimitExceeded"))
      : Effect.void
  })

/** A forced host decides the zone: a request for another one is ignored. */
const withZone = (request: CreateServer): Effect.Effect<CreateServer, never, Records> =>
  Effect.map(Records, (records) => {
    if (!request.isForced || request.host === null) return request
    const isThere = records.get(hosts, request.host)?.availabilityZone === request.availabilityZone
    return isThere ? request : { ...request, availabilityZone: null }
  })

/** Refusals that this route words in its own way. */
const words: { readonly [code: string]: string } = { ImageNotFound: "Can not find requested image" }
const reworded = (refusal: Refusal): Refusal => {
  const message = refusal.code === undefined ? undefined : words[refusal.code]
  return message === undefined ? refusal : refuse(refusal.kind, message, refusal.code)
}

const policies = (call: Call, { isDestined, isForced, request }: Creation) =>
  Effect.all([
    permit(call, "os_compute_api:servers:create:forced_host", isForced),
    permit(call, "compute:servers:create:requested_destination", isDestined),
    permit(call, "os_compute_api:servers:create:attach_network", typeof request.networks !== "string")
  ], { discard: true })

export const create = Effect.fnUntraced(function*(call: Call) {
  const body = call.body as CreateBody
  const creation = yield* accepted(readCreation(body, call.within(behaviours.describesByName)))
  yield* policies(call, creation)
  yield* checkMetadata(call, Object.keys(creation.request.metadata).length)
  const servers = yield* Servers
  const request = yield* withZone(creation.request)
  const made = yield* Effect.mapError(servers.create(asked(call), request), reworded)
  const [first] = made as [Instance]
  if (creation.wantsReservationId) return { body: { reservation_id: first.reservationId } }
  const links = linksOf(call, "servers", first.id)
  return {
    headers: { location: links[0]!.href },
    body: {
      server: {
        id: first.id,
        links,
        "OS-DCF:diskConfig": first.diskConfig,
        security_groups: body.server.security_groups ?? [{ name: "default" }],
        adminPass: creation.adminPass ?? (yield* makePassword)
      }
    }
  }
})

interface UpdateBody {
  readonly server: {
    readonly name?: string
    readonly "OS-DCF:diskConfig"?: "AUTO" | "MANUAL"
    readonly accessIPv4?: string
    readonly accessIPv6?: string
    readonly description?: string | null
    readonly hostname?: string
    readonly pinned_availability_zone?: string | null
  }
}

const patchKeys = {
  name: "name",
  description: "description",
  hostname: "hostname",
  accessIPv4: "accessIpV4",
  accessIPv6: "accessIpV6",
  "OS-DCF:diskConfig": "diskConfig"
} as const

const patchOf = (wanted: UpdateBody["server"]): Patch =>
  Object.fromEntries(
    Object.entries(patchKeys).flatMap(([key, field]) => {
      const value = wanted[key as keyof typeof patchKeys]
      return value === undefined ? [] : [[field, key === "name" ? value!.trim() : value]]
    })
  )

/** A server is pinned to the zone it is in, or unpinned; from one zone to another it must be moved. */
const pinOf = (server: Instance, wanted: string | null | undefined): Patch | Refusal => {
  const pinned = server.wish.availabilityZone
  if (wanted === undefined || wanted === pinned) return {}
  if (wanted === null) return { pinnedZone: null }
  const zone = zoneOf(server)
  if (pinned !== null) {
    return refuse(
      "conflict",
      "Cannot change pinned availability zone directly. Unpin first by setting pinned_availability_zone to null."
    )
  }
  return wanted === zone ? { pinnedZone: wanted } : refuse(
    "conflict",
    `Server can only be pinned to its current availability zone '${zone}', but '${wanted}' was requested.`
  )
}

export const update = Effect.fnUntraced(function*(call: Call, server: Instance) {
  const wanted = (call.body as UpdateBody).server
  const pin = yield* accepted(pinOf(server, wanted.pinned_availability_zone))
  const patch = { ...patchOf(wanted), ...pin }
  const servers = yield* Servers
  const changed = Object.keys(patch).length === 0 ? server : yield* servers.change(asked(call), server.id, "rename", patch)
  return { text: yield* serverText(call, "update", changed) }
})

export const remove = (call: Call, server: Instance): Handling =>
  Effect.flatMap(Servers, (servers) => Effect.as(servers.perform(asked(call), server.id, "delete"), {}))
