import { Effect } from "effect"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import {
  type Port, portTable, type SecurityGroup, type SecurityGroupRule, securityGroupRuleTable, securityGroupTable
} from "../../../../actors/network/Network.ts"
import type { Nic } from "../../../../actors/network/Nic.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import { Records, type Table } from "../../../../runtime/kernel/Records.ts"
import type { Call } from "../Call.ts"
import { field, renderer } from "../Fields.ts"
import { type Operation, operation } from "../Operations.ts"
import { findServer, type Handling, type Needs } from "./asking.ts"
import { none, volumeAttachments } from "./queries.ts"
import { addressesOf } from "./values.ts"

/** What a server is plugged into: addresses, ports, security groups, volumes. */

const addresses = (_: Call, server: Instance): Handling => Effect.succeed({ body: { addresses: addressesOf(server, true) } })

const addressesIn = (call: Call, server: Instance): Handling => {
  const label = call.params["label"]!
  const all = addressesOf(server, true)
  return Object.hasOwn(all, label)
    ? Effect.succeed({ body: { [label]: all[label] } })
    : Effect.fail(refuse("notFound", "Instance is not a member of specified network"))
}

type Plugged = { readonly nic: Nic; readonly server: Instance }
export const interfaceFields = [
  field<Plugged>("net_id", ({ nic }) => nic.networkId),
  field<Plugged>("port_id", ({ nic }) => nic.portId),
  field<Plugged>("mac_addr", ({ nic }) => nic.macAddress),
  field<Plugged>("port_state", () => "ACTIVE"),
  field<Plugged>("fixed_ips", ({ nic }) => nic.fixedIps.map((ip) => ({ subnet_id: ip.subnetId, ip_address: ip.address }))),
  field<Plugged>("tag", ({ nic, server }) => tagOf(nic, server), { since: 70 })
]
const renderInterface = renderer(interfaceFields)

/** The device tag of the request that this port came from. */
const tagOf = (nic: Nic, { networks }: Instance): string | null =>
  typeof networks === "string"
    ? null
    : networks.find((asked) => asked.portId === nic.portId || asked.networkId === nic.networkId)?.tag ?? null

const interfaces = (call: Call, server: Instance): Handling =>
  Effect.succeed({
    body: { interfaceAttachments: server.nics.map((nic) => renderInterface(call, "list", { nic, server })) }
  })
const oneInterface = (call: Call, server: Instance): Handling => {
  const portId = call.params["portId"]!
  const nic = server.nics.find((one) => one.portId === portId)
  return nic === undefined
    ? Effect.fail(refuse("notFound", `Port id ${portId} could not be found.`, "PortNotFound"))
    : Effect.succeed({ body: { interfaceAttachment: renderInterface(call, "show", { nic, server }) } })
}

const ports: Table<Port> = portTable
const groupsById: Table<SecurityGroup> = securityGroupTable
const rulesById: Table<SecurityGroupRule> = securityGroupRuleTable

const portsOf = ({ portRangeMax, portRangeMin, protocol }: SecurityGroupRule) =>
  protocol === null || portRangeMin !== null || portRangeMax !== null
    ? { from_port: portRangeMin, to_port: portRangeMax }
    : ["TCP", "UDP"].includes(protocol.toUpperCase())
    ? { from_port: 1, to_port: 65_535 }
    : { from_port: -1, to_port: -1 }

/** Compute's old form of a rule: only what comes in. */
const ruleView = (rule: SecurityGroupRule, groupNamed: (id: string) => SecurityGroup | undefined) => {
  const remote = rule.remoteGroupId === null ? undefined : groupNamed(rule.remoteGroupId)
  const everywhere = rule.etherType === "IPv4" ? "0.0.0.0/0" : "::/0"
  return {
    id: rule.id,
    parent_group_id: rule.securityGroupId,
    ip_protocol: rule.protocol,
    ...portsOf(rule),
    group: remote === undefined ? {} : { name: remote.name, tenant_id: remote.projectId },
    ip_range: rule.remoteGroupId === null ? { cidr: rule.remoteIpPrefix ?? everywhere } : {}
  }
}
const securityGroups = (_: Call, server: Instance): Handling =>
  Effect.map(Records, (records) => {
    const ids = new Set(server.nics.flatMap((nic) => records.get(ports, nic.portId)?.securityGroups ?? []))
    const groups = [...ids].flatMap((id) => records.get(groupsById, id) ?? [])
    const rules = groups.length === 0 ? [] : [...records.all(rulesById)].filter((rule) => rule.direction === "ingress")
    const views = groups.map((group) => ({
      id: group.id,
      name: group.name,
      description: group.description,
      tenant_id: group.projectId,
      rules: rules.filter((rule) => rule.securityGroupId === group.id)
        .map((rule) => ruleView(rule, (id) => records.get(groupsById, id)))
    }))
    const order = (view: (typeof views)[number]) => `${view.tenant_id} ${view.name}`
    return { body: { security_groups: views.sort((a, b) => order(a) < order(b) ? -1 : 1) } }
  })

/** There is no volume service, so nothing is attached. */
const volumes = (): Handling => Effect.succeed({ body: { volumeAttachments: [] } })
const oneVolume = (call: Call, server: Instance): Handling =>
  Effect.fail(refuse("notFound", `Instance ${server.id} is not attached to volume ${call.params["volumeId"]}`))

/** No metadata service lets a guest post a password yet, so none is kept and there is none to clear. */
const password = (): Handling => Effect.succeed({ body: { password: "" } })
const clearPassword = (): Handling => Effect.succeed({})

const row = (path: string, policy: string, handle: (call: Call, server: Instance) => Handling, query = none) =>
  operation<Needs, Instance>({
    method: "GET", path: `/servers/:id/${path}`, status: 200, query, policy: `os_compute_api:${policy}`, find: findServer, handle
  })

export const partRoutes: ReadonlyArray<Operation<Needs>> = [
  row("ips", "ips:index", addresses),
  row("ips/:label", "ips:show", addressesIn),
  row("os-interface", "os-attach-interfaces:list", interfaces),
  row("os-interface/:portId", "os-attach-interfaces:show", oneInterface),
  row("os-security-groups", "os-security-groups:list", securityGroups),
  row("os-server-password", "os-server-password:show", password),
  operation<Needs, Instance>({
    method: "DELETE", path: "/servers/:id/os-server-password", status: 204, policy: "os_compute_api:os-server-password:clear",
    find: findServer, handle: clearPassword
  }),
  row("os-volume_attachments", "os-volumes-attachments:index", volumes, volumeAttachments),
  row("os-volume_attachments/:volumeId", "os-volumes-attachments:show", oneVolume)
]
