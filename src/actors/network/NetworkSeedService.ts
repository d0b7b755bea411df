import { Effect } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { NetworkApi } from "./NetworkApiProtocol.ts"

export interface NetworkSeed {
  readonly name: string
  readonly subnetName: string
  readonly cidr: string
}

const usualNetwork: NetworkSeed = { name: "private", subnetName: "private-subnet", cidr: "10.0.0.0/16" }

/** A shared network with one subnet, unless the caller's project has them; answers the network's id. */
export const seedNetwork = Effect.fnUntraced(function*(
  caller: Caller,
  seed: NetworkSeed = usualNetwork
): Effect.fn.Return<string, Refusal, NetworkApi> {
  const api = yield* NetworkApi
  const networks = yield* api.networks.list(caller, {})
  const network = networks.find(({ name, projectId }) => name === seed.name && projectId === caller.projectId) ??
    (yield* api.networks.create(caller, {
      projectId: undefined,
      name: seed.name,
      description: "",
      isAdminStateUp: true,
      isShared: true,
      isExternal: false,
      isDefault: false,
      isPortSecurityEnabled: true,
      mtu: undefined,
      dnsDomain: "",
      availabilityZoneHints: [],
      networkType: undefined,
      physicalNetwork: undefined,
      segmentationId: undefined
    }))
  if (network.subnets.length > 0) return network.id
  yield* api.subnets.create(caller, {
    projectId: undefined,
    networkId: network.id,
    name: seed.subnetName,
    description: "",
    ipVersion: seed.cidr.includes(":") ? 6 : 4,
    cidr: seed.cidr,
    gatewayIp: undefined,
    allocationPools: undefined,
    dnsNameservers: [],
    hostRoutes: [],
    isDhcpEnabled: true,
    ipv6AddressMode: undefined,
    ipv6RaMode: undefined,
    serviceTypes: []
  })
  return network.id
})
