/** Networks as compute showed them before clients went to the network service themselves: an id and a name. */
import { Effect } from "effect"
import { Networks } from "../../../../actors/network/NetworkProtocol.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { field, renderer } from "../Fields.ts"
import { operation } from "../Operations.ts"
import { object } from "../Requests.ts"

interface Shown {
  readonly id: string
  readonly name: string
}

/** What compute's own networks had; of the network service's it knows nothing. */
const unknown = ["cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6", "gateway_v6", "netmask_v6"]
const unknownToAdmins = [
  "created_at", "updated_at", "deleted_at", "deleted", "injected", "bridge", "vlan", "vpn_public_address",
  "vpn_public_port", "vpn_private_address", "dhcp_start", "project_id", "host", "bridge_interface", "multi_host",
  "priority", "rxtx_base", "mtu", "dhcp_server", "enable_dhcp", "share_address"
]
const onNetworks = { views: ["network"] }

export const fields = [
  field<Shown>("id", ({ id }) => id),
  field<Shown>("label", ({ name }) => name),
  ...unknown.map((key) => field<Shown>(key, () => null, onNetworks)),
  ...unknownToAdmins.map((key) => field<Shown>(key, (_, call) => call.caller.isAdmin ? null : undefined, onNetworks)),
  field<Shown>("cidr", () => "None", { views: ["tenant network"] })
]
const render = renderer(fields)

const list = (view: string) => (call: Call) =>
  Effect.gen(function*() {
    const found = yield* (yield* Networks).list(call.caller)
    return { body: { networks: found.map((network) => render(call, view, network)) } }
  })
const show = (view: string) => (call: Call) =>
  Effect.gen(function*() {
    const found = (yield* (yield* Networks).list(call.caller)).find(({ id }) => id === call.params["id"])
    return found === undefined ? yield* refuse("notFound", "Network not found", "NetworkNotFound") : { body: { network: render(call, view, found) } }
  })

const query = object([], { open: true })
const rows = (path: string, policy: string, view: string) => [
  operation({ method: "GET", path, until: 35, status: 200, query, policy: `os_compute_api:${policy}:list`, handle: list(view) }),
  operation({ method: "GET", path: `${path}/:id`, until: 35, status: 200, query, policy: `os_compute_api:${policy}:show`, handle: show(view) })
]
export const routes = [
  ...rows("/os-networks", "os-networks", "network"),
  ...rows("/os-tenant-networks", "os-tenant-networks", "tenant network")
]
