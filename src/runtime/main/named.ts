/** Operators give names where an API wants ids, as the openstack client lets them. */
import { Effect, Schema } from "effect"
import { answerOf } from "./cloudClient.ts"
import { cannotStart, type StartError } from "./StartError.ts"

const Listed = Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String }))
const Flavors = Schema.Struct({ flavors: Listed })
const Servers = Schema.Struct({ servers: Listed })

const isId = (given: string): boolean => /^(req-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given)

/** An id comes before a name; what nobody has stays as it is, for the cloud to say so. */
const idAmong = (kind: string, given: string, all: typeof Listed.Type): Effect.Effect<string, StartError> => {
  if (all.some(({ id }) => id === given)) return Effect.succeed(given)
  const found = all.filter(({ name }) => name === given)
  return found.length > 1
    ? Effect.fail(cannotStart(`${found.length} ${kind}s are named ${given}: give the id of one (${found.map(({ id }) => id).slice(0, 3).join(", ")}…)`))
    : Effect.succeed(found[0]?.id ?? given)
}

export const flavorId = (given: string, dataDir: string): Effect.Effect<string, StartError> =>
  isId(given) ? Effect.succeed(given) : Effect.flatMap(
    answerOf(Flavors, { path: "/flavors?is_public=None" }, dataDir),
    ({ read }) => idAmong("flavor", given, read.flavors)
  )

/** Of a request's id too, which stays as it is. */
export const serverId = (given: string, dataDir: string): Effect.Effect<string, StartError> =>
  isId(given) ? Effect.succeed(given) : Effect.flatMap(
    answerOf(Servers, { path: `/servers?all_tenants=1&name=${encodeURIComponent(`^${given.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`)}` }, dataDir),
    ({ read }) => idAmong("server", given, read.servers)
  )
