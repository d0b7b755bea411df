import { Effect, Layer } from "effect"
import { NetworkApi } from "./NetworkApiProtocol.ts"
import * as NetworksCollection from "./NetworksCollectionService.ts"
import { NetworkStore } from "./NetworkStoreService.ts"
import * as PortsCollection from "./PortsCollectionService.ts"
import * as QuotasCollection from "./QuotasCollectionService.ts"
import * as SecurityGroupsCollection from "./SecurityGroupsCollectionService.ts"
import * as SubnetsCollection from "./SubnetsCollectionService.ts"

/** Neutron's API over the store. */
export const layerNoDeps: Layer.Layer<NetworkApi, never, NetworkStore> = Layer.effect(
  NetworkApi,
  Effect.map(NetworkStore, (store) =>
    NetworkApi.of({
      networks: NetworksCollection.make(store),
      subnets: SubnetsCollection.make(store),
      ports: PortsCollection.make(store),
      securityGroups: SecurityGroupsCollection.makeGroups(store),
      securityGroupRules: SecurityGroupsCollection.makeRules(store),
      quotas: QuotasCollection.make(store)
    }))
)
