import { Effect } from "effect"
import type { Aggregate, MetadataChange } from "../../../../actors/host/Aggregate.ts"
import { Aggregates } from "../../../../actors/host/AggregatesProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { render } from "./fields.ts"

type Found = Effect.Effect<Aggregate, Refusal>

const shown = (call: Call, aggregate: Aggregate) => ({ body: { aggregate: render(call, "show", aggregate) } })

/** Ids are whole numbers; anything else is bad input, not an unknown aggregate. */
const withId = (call: Call, work: (aggregates: Aggregates["Service"], id: string) => Found) =>
  Effect.flatMap(Aggregates, (aggregates) => {
    const id = call.params["id"]!
    return /^\d{1,9}$/.test(id)
      ? Effect.map(work(aggregates, id), (aggregate) => shown(call, aggregate))
      : Effect.fail(refuse("badRequest", `Invalid input received: aggregate id '${id}' is not an integer`, "InvalidInput"))
  })

export const index = (call: Call) =>
  Effect.map(Aggregates, ({ list }) => ({ body: { aggregates: list().map((aggregate) => render(call, "show", aggregate)) } }))

export const show = (call: Call) => withId(call, ({ get }, id) => get(id))

interface CreateBody {
  readonly aggregate: { readonly name: string; readonly availability_zone?: string | null }
}
export const create = (call: Call) =>
  Effect.flatMap(Aggregates, (aggregates) => {
    const { availability_zone: zone, name } = (call.body as CreateBody).aggregate
    return Effect.map(aggregates.create(name, zone ?? null), (aggregate) => ({ body: { aggregate: render(call, "create", aggregate) } }))
  })

interface UpdateBody {
  readonly aggregate: { readonly name?: string; readonly availability_zone?: string | null }
}
export const update = (call: Call) => {
  const { name, ...metadata } = (call.body as UpdateBody).aggregate
  return withId(call, (aggregates, id) => aggregates.update(id, { ...(name === undefined ? {} : { name }), metadata: metadata as MetadataChange }))
}

export const remove = (call: Call) =>
  Effect.as(withId(call, (aggregates, id) => Effect.flatMap(aggregates.get(id), (aggregate) => Effect.as(aggregates.remove(id), aggregate))), {})

interface HostBody {
  readonly [action: string]: { readonly host: string }
}
export const addHost = (call: Call) =>
  withId(call, (aggregates, id) => aggregates.addHost(id, (call.body as HostBody)["add_host"]!.host))
export const removeHost = (call: Call) =>
  withId(call, (aggregates, id) => aggregates.removeHost(id, (call.body as HostBody)["remove_host"]!.host))

interface MetadataBody {
  readonly set_metadata: { readonly metadata: MetadataChange }
}
export const setMetadata = (call: Call) =>
  withId(call, (aggregates, id) => aggregates.update(id, { metadata: (call.body as MetadataBody).set_metadata.metadata }))
