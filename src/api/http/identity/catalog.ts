/** `/v3/services`, `/v3/endpoints` and `/v3/regions`: the catalog again, to be read only. */
import { Effect } from "effect"
import { endpointsOf, originOf, region, services } from "../../../actors/identity/catalog.ts"
import type { Action } from "../../../actors/identity/policies.ts"
import { absent } from "../../../actors/identity/refusals.ts"
import type { Exchange } from "../Exchange.ts"
import { allow, type IdentityRow, ok, param, row } from "./asking.ts"
import { collection, type View } from "./collection.ts"

interface List {
  readonly singular: string
  readonly action: Action
  readonly filters: ReadonlyArray<string>
  readonly items: (exchange: Exchange) => ReadonlyArray<View & { readonly id: string }>
}

const lists: ReadonlyArray<List> = [
  {
    singular: "service",
    action: "list_services",
    filters: ["name", "type"],
    items: () => services.map(({ description, id, name, type }) => ({ id, name, type, description, enabled: true }))
  },
  {
    singular: "endpoint",
    action: "list_endpoints",
    filters: ["interface", "service_id", "region_id"],
    items: ({ base }) =>
      services.flatMap((service) =>
        endpointsOf(service, originOf(base)).map((endpoint) => ({ ...endpoint, service_id: service.id, enabled: true }))
      )
  },
  {
    singular: "region",
    action: "list_regions",
    filters: ["parent_region_id"],
    items: () => [{ id: region, description: "", parent_region_id: null }]
  }
]

const rowsOf = ({ action, filters, items, singular }: List): ReadonlyArray<IdentityRow> => {
  const plural = `${singular}s`
  const views = (exchange: Exchange) =>
    items(exchange).map((item) => ({ ...item, links: { self: `${exchange.base}/v3/${plural}/${item.id}` } }))
  return [
    row("GET", `/v3/${plural}`, (asking) =>
      Effect.andThen(allow(asking, action), collection(asking.exchange, plural, views(asking.exchange), filters))),
    row("GET", `/v3/${plural}/:id`, (asking) =>
      Effect.gen(function*() {
        yield* allow(asking, action)
        const found = views(asking.exchange).find((item) => item.id === param(asking, "id"))
        return found === undefined ? yield* absent(singular, param(asking, "id")) : ok({ [singular]: found })
      }))
  ]
}

export const catalogRows: ReadonlyArray<IdentityRow> = lists.flatMap(rowsOf)
