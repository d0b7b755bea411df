/** Neutron v2.0 over the network service, mounted at `/network`. */
import { Effect } from "effect"
import { NetworkApi } from "../../../actors/network/NetworkApiProtocol.ts"
import { isObject } from "../../../actors/shared/json.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Exchange, Handler, Row } from "../Exchange.ts"
import * as Face from "../Face.ts"
import { integer } from "./attributes.ts"
import { rowsOf } from "./collections.ts"
import { extensions } from "./extensions.ts"
import { manners } from "./fault.ts"
import {
  networkAttributes, networkWire, portAttributes, portWire, securityGroupAttributes, securityGroupRuleAttributes,
  securityGroupRuleWire, securityGroupWire, subnetAttributes, subnetWire
} from "./resources.ts"
import { Result } from "effect"

const answer = (body: unknown): Handler => () => Effect.succeed({ status: 200, body })

const versionOf = (exchange: Exchange) => ({
  id: "v2.0",
  status: "CURRENT",
  links: [{ rel: "self", href: `${exchange.base}/v2.0/` }]
})
const versions: Handler = (exchange) => Effect.succeed({ status: 200, body: { versions: [versionOf(exchange)] } })

const collections: ReadonlyArray<readonly [name: string, segment: string]> = [
  ["network", "networks"], ["subnet", "subnets"], ["port", "ports"],
  ["security_group", "security-groups"], ["security_group_rule", "security-group-rules"], ["quota", "quotas"]
]
const index: Handler = (exchange) =>
  Effect.succeed({
    status: 200,
    body: {
      resources: collections.map(([name, segment]) => ({
        name,
        collection: segment.replaceAll("-", "_"),
        links: [{ rel: "self", href: `${exchange.base}/v2.0/${segment}` }]
      }))
    }
  })

const extension: Handler = ({ params }) => {
  const found = extensions.find((each) => each.alias === params["alias"])
  return found === undefined
    ? Effect.fail(refuse("notFound", `Extension with alias ${params["alias"]} does not exist`, "HTTPNotFound"))
    : Effect.succeed({ status: 200, body: { extension: found } })
}

const limitsIn = (body: unknown): Result.Result<Readonly<Record<string, number>>, string> => {
  const quota = isObject(body) ? body["quota"] : undefined
  if (!isObject(quota)) return Result.fail("Unable to find 'quota' in request body")
  const limits: Record<string, number> = {}
  for (const [resource, value] of Object.entries(quota)) {
    if (["tenant_id", "project_id", "force", "check_limit"].includes(resource)) continue
    const limit = integer(-1, 0x7fff_ffff)(value)
    if (Result.isFailure(limit)) return Result.fail(`Invalid input for ${resource}. Reason: ${limit.failure}.`)
    limits[resource] = limit.success
  }
  return Result.succeed(limits)
}

const quotaRows = (): ReadonlyArray<Row<NetworkApi>> => {
  const quotas = Effect.map(NetworkApi, (api) => api.quotas)
  const projectOf = (exchange: Exchange) => exchange.params["project"]!
  const shown = (exchange: Exchange, pick: (each: { readonly limit: number; readonly used: number }) => unknown) =>
    Effect.gen(function*() {
      const all = yield* (yield* quotas).show(exchange.caller, projectOf(exchange))
      return { status: 200, body: { quota: Object.fromEntries(Object.entries(all).map(([name, each]) => [name, pick(each)])) } }
    })
  const path = "/v2.0/quotas/:project"
  return [
    {
      method: "GET",
      path: "/v2.0/quotas",
      handle: Effect.fnUntraced(function*({ caller }) {
        const service = yield* quotas
        const rows: Array<unknown> = []
        for (const project of yield* service.projects(caller)) {
          const all = yield* service.show(caller, project)
          rows.push({
            ...Object.fromEntries(Object.entries(all).map(([name, { limit }]) => [name, limit])),
            tenant_id: project,
            project_id: project
          })
        }
        return { status: 200, body: { quotas: rows } }
      })
    },
    { method: "GET", path, handle: (exchange) => shown(exchange, ({ limit }) => limit) },
    { method: "GET", path: `${path}/default`, handle: (exchange) => shown(exchange, () => -1) },
    {
      method: "GET",
      path: `${path}/:details`,
      handle: (exchange) =>
        ["details", "details.json"].includes(exchange.params["details"]!)
          ? shown(exchange, ({ limit, used }) => ({ limit, used, reserved: 0 }))
          : Effect.fail(refuse("notFound", "The resource could not be found.", "HTTPNotFound"))
    },
    {
      method: "PUT",
      path,
      handle: Effect.fnUntraced(function*(exchange) {
        const limits = limitsIn(exchange.body)
        if (Result.isFailure(limits)) return yield* refuse("badRequest", limits.failure, "HTTPBadRequest")
        yield* (yield* quotas).set(exchange.caller, projectOf(exchange), limits.success)
        return yield* shown(exchange, ({ limit }) => limit)
      })
    },
    {
      method: "DELETE",
      path,
      handle: (exchange) =>
        Effect.flatMap(quotas, (service) => service.set(exchange.caller, projectOf(exchange), null)).pipe(Effect.as({ status: 204 }))
    }
  ]
}

const rows: ReadonlyArray<Row<NetworkApi>> = [
  { method: "GET", path: "/", open: true, handle: versions },
  { method: "GET", path: "/v2.0", handle: index },
  { method: "GET", path: "/v2.0/", handle: index },
  { method: "GET", path: "/v2.0/extensions", handle: answer({ extensions }) },
  { method: "GET", path: "/v2.0/extensions/:alias", handle: extension },
  { method: "GET", path: "/v2.0/agents", handle: answer({ agents: [] }) },
  { method: "GET", path: "/v2.0/availability_zones", handle: answer({ availability_zones: [] }) },
  ...quotaRows(),
  ...rowsOf({
    singular: "network", plural: "networks", segment: "networks", attributes: networkAttributes, wire: networkWire,
    of: (api) => api.networks, readOnly: ["subnets", "availability_zones", "ipv4_address_scope", "ipv6_address_scope"], isUpdatable: true
  }),
  ...rowsOf({
    singular: "subnet", plural: "subnets", segment: "subnets", attributes: subnetAttributes, wire: subnetWire,
    of: (api) => api.subnets, readOnly: ["subnetpool_id"], isUpdatable: true
  }),
  ...rowsOf({
    singular: "port", plural: "ports", segment: "ports", attributes: portAttributes, wire: portWire,
    of: (api) => api.ports, readOnly: ["dns_assignment", "binding:vif_type", "binding:vif_details"], isUpdatable: true
  }),
  ...rowsOf({
    singular: "security_group", plural: "security_groups", segment: "security-groups", attributes: securityGroupAttributes,
    wire: securityGroupWire, of: (api) => api.securityGroups, readOnly: ["security_group_rules"], isUpdatable: true
  }),
  ...rowsOf({
    singular: "security_group_rule", plural: "security_group_rules", segment: "security-group-rules",
    attributes: securityGroupRuleAttributes, wire: securityGroupRuleWire, of: (api) => api.securityGroupRules,
    readOnly: ["remote_address_group_id", "normalized_cidr"], isUpdatable: false
  })
]

export const make = Face.make({ ...manners, rows, guardsUnknown: true })
