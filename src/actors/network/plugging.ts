/** What a server's network request means, and which ports it becomes. Refusals as Nova words them. */
import { Result } from "effect"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { cardOf, vnicsForServers } from "./deviceBinding.ts"
import type { Network, Port, SecurityGroup } from "./Network.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"
import type { NetworkRequest, Nic } from "./Nic.ts"
import { accepts } from "./subnets.ts"

/** One card to plug: a new port on a network, or a port somebody made before. */
export type Slot =
  | { readonly network: Network; readonly port: null; readonly fixedIp: string | null }
  | { readonly network: Network; readonly port: Port }

const bad = (code: string, message: string): Result.Result<never, Refusal> => Result.fail(refuse("badRequest", message, code))

/** The networks servers of a project may be plugged into. */
export const available = (index: NetworkIndex, projectId: string): ReadonlyArray<Network> => {
  const own = index.networks.in("project", projectId)
  return [...own, ...index.sharedNetworks().filter((network) => network.projectId !== projectId)]
}

const isAvailable = (network: Network, projectId: string): boolean => network.isShared || network.projectId === projectId

const onPort = (index: NetworkIndex, projectId: string, instanceId: string | null, portId: string, isAdmin: boolean): Result.Result<Slot, Refusal> => {
  const port = index.ports.get(portId)
  const network = port === undefined ? undefined : index.networks.get(port.networkId)
  if (port === undefined || network === undefined || (port.projectId !== projectId && !isAdmin)) {
    return bad("PortNotFound", `Port ${portId} could not be found.`)
  }
  if (port.deviceId !== "" && port.deviceId !== instanceId) {
    return Result.fail(refuse("conflict", `Port ${portId} is still in use.`, "PortInUse"))
  }
  if (!vnicsForServers.includes(port.vnicType)) {
    return bad("Invalid", `Port ${portId} has binding:vnic_type ${port.vnicType}: servers may have ports of ${vnicsForServers.join(", ")}.`)
  }
  return port.fixedIps.length === 0
    ? bad("PortRequiresFixedIP", `Port ${portId} requires a FixedIP in order to be used.`)
    : Result.succeed({ network, port })
}

const onNetwork = (index: NetworkIndex, projectId: string, request: NetworkRequest, isAdmin: boolean): Result.Result<Slot, Refusal> => {
  const id = request.networkId ?? ""
  const network = index.networks.get(id)
  if (network === undefined || !(isAvailable(network, projectId) || network.isExternal || isAdmin)) {
    return bad("NetworkNotFound", `Network ${id} could not be found.`)
  }
  if (network.isExternal && !isAvailable(network, projectId) && !isAdmin) {
    return Result.fail(refuse(
      "forbidden",
      `It is not allowed to create an interface on external network ${id}`,
      "ExternalNetworkAttachForbidden"
    ))
  }
  const subnets = index.openSubnets(id)
  if (subnets.length === 0) {
    return bad("NetworkRequiresSubnet", `Network ${id} requires a subnet in order to boot instances on.`)
  }
  const { fixedIp } = request
  if (fixedIp === null) return Result.succeed({ network, port: null, fixedIp })
  const subnet = subnets.find((each) => accepts(each, fixedIp))
  if (subnet === undefined) {
    return bad("FixedIpNotFoundForNetwork", `Fixed IP address (${fixedIp}) does not exist in network (${id}).`)
  }
  return index.ipam.isTaken({ subnetId: subnet.id, address: fixedIp })
    ? bad("FixedIpAlreadyInUse", `Fixed IP address ${fixedIp} is already in use.`)
    : Result.succeed({ network, port: null, fixedIp })
}

export interface Wanted {
  readonly networks: ReadonlyArray<NetworkRequest> | "auto" | "none"
  readonly projectId: string
  /** The server that may already have the port. */
  readonly instanceId: string | null
  readonly isAdmin: boolean
}

/** The cards a request asks for, in its order. */
export const slotsOf = (index: NetworkIndex, wanted: Wanted): Result.Result<ReadonlyArray<Slot>, Refusal> => {
  const { instanceId, isAdmin, networks, projectId } = wanted
  if (networks === "none") return Result.succeed([])
  if (networks === "auto") {
    const found = available(index, projectId)
    if (found.length > 1) {
      return Result.fail(refuse(
        "conflict",
        "Multiple possible networks found, use a Network ID to be more specific.",
        "NetworkAmbiguous"
      ))
    }
    return Result.succeed(
      found.filter((network) => index.openSubnets(network.id).length > 0)
        .map((network) => ({ network, port: null, fixedIp: null }))
    )
  }
  const ports = networks.flatMap((request) => request.portId ?? [])
  const twice = ports.find((id, at) => ports.indexOf(id) !== at)
  if (twice !== undefined) return bad("NetworkDuplicated", `Port ${twice} is given more than once.`)
  const slots: Array<Slot> = []
  for (const request of networks) {
    const slot = request.portId === null
      ? onNetwork(index, projectId, request, isAdmin)
      : onPort(index, projectId, instanceId, request.portId, isAdmin)
    if (Result.isFailure(slot)) return Result.fail(slot.failure)
    slots.push(slot.success)
  }
  return Result.succeed(slots)
}

/** Security groups are named by id or by name within the project; `default` may not be made yet. */
export const groupsNamed = (
  index: NetworkIndex,
  projectId: string,
  names: ReadonlyArray<string>
): Result.Result<ReadonlyArray<string>, Refusal> => {
  const own = index.groups.in("project", projectId)
  const ids = new Set<string>()
  for (const name of names) {
    const found: ReadonlyArray<SecurityGroup> = own.filter((group) => group.id === name || group.name === name)
    const exact = found.find((group) => group.id === name)
    if (exact === undefined && found.length > 1) {
      return Result.fail(refuse(
        "conflict",
        `Multiple security groups found matching '${name}'. Use an ID to be more specific.`,
        "NoUniqueMatch"
      ))
    }
    const group = exact ?? found[0]
    if (group === undefined) {
      return bad("SecurityGroupNotFound", `Security group ${name} not found.`)
    }
    ids.add(group.id)
  }
  return Result.succeed([...ids])
}

export const nicOf = (index: NetworkIndex, port: Port): Nic => {
  const network = index.networks.get(port.networkId)
  return {
    portId: port.id,
    networkId: port.networkId,
    label: network?.name ?? "",
    macAddress: port.macAddress,
    mtu: network?.mtu ?? 0,
    fixedIps: port.fixedIps.map(({ address, subnetId }) => {
      const cidr = index.subnets.get(subnetId)?.cidr ?? ""
      return {
        address,
        version: address.includes(":") ? 6 : 4,
        prefix: Number(cidr.slice(cidr.indexOf("/") + 1)),
        subnetId
      }
    }),
    isPreexisting: port.isPreexisting,
    ...cardOf(port, network)
  }
}
