import { Effect, Result } from "effect"
import type { Change } from "../../runtime/kernel/Records.ts"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { counted, lookUp, ownedBy, reading, removing, replacing, tagging, touched, withinQuota } from "./CollectionService.ts"
import type { Kind, Store } from "./CollectionService.ts"
import type { NetworkDraft, NetworkPatch } from "./drafts.ts"
import { networkTable, subnetTable } from "./Network.ts"
import type { Network } from "./Network.ts"
import type { NetworkApi, NetworkView } from "./NetworkApiProtocol.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"
import { adminOnly, seesNetwork } from "./policy.ts"
import { networkInUse } from "./refusals.ts"

export const networkKind = (index: NetworkIndex): Kind<Network, NetworkView> => ({
  noun: "network",
  shelf: index.networks,
  table: networkTable,
  sees: seesNetwork,
  view: (network) => ({ ...network, subnets: index.subnets.in("network", network.id).map((subnet) => subnet.id) }),
  narrow: () => undefined
})

const adminAttributes = (draft: Partial<NetworkDraft>, before: Partial<Network>) => ({
  "shared": draft.isShared !== undefined && draft.isShared !== (before.isShared ?? false),
  "router:external": draft.isExternal !== undefined && draft.isExternal !== (before.isExternal ?? false),
  "is_default": draft.isDefault !== undefined && draft.isDefault !== (before.isDefault ?? false),
  "provider:network_type": draft.networkType !== undefined,
  "provider:physical_network": draft.physicalNetwork !== undefined,
  "provider:segmentation_id": draft.segmentationId !== undefined
})

/** What Neutron makes of a network when the overlay's headers are subtracted from an Ethernet frame. */
const defaultMtu = 1450

const hasForeignPorts = (index: NetworkIndex, network: Network): boolean =>
  index.ports.in("network", network.id).some((port) => port.projectId !== network.projectId)

export const make = (store: Store): NetworkApi["Service"]["networks"] => {
  const { index } = store
  const kind = networkKind(index)

  const create = Effect.fnUntraced(function*(caller: Caller, draft: NetworkDraft) {
    const id = yield* store.newId
    const now = yield* store.now
    return yield* store.change(() =>
      Result.gen(function*() {
        const owned = yield* ownedBy(caller, "create_network", draft, id, now)
        const refusal = adminOnly(caller, "create_network", adminAttributes(draft, {})) ??
          withinQuota(index, "network", owned.projectId, index.networks.count("project", owned.projectId))
        if (refusal !== undefined) return yield* Result.fail(refusal)
        const network: Network = {
          ...draft,
          ...owned,
          mtu: draft.mtu === undefined || draft.mtu === 0 ? defaultMtu : draft.mtu,
          networkType: draft.networkType ?? "local",
          physicalNetwork: draft.physicalNetwork ?? null,
          segmentationId: draft.segmentationId ?? null
        }
        const put: Change<Network> = { table: networkTable, put: network, expect: "absent" }
        return { changes: [put, ...counted(store, "network", owned.projectId)], value: kind.view(network) }
      })
    )
  })

  const update = Effect.fnUntraced(function*(caller: Caller, id: string, patch: NetworkPatch) {
    const now = yield* store.now
    return yield* store.change(() =>
      Result.gen(function*() {
        const network = yield* lookUp(kind, caller, id, "update_network")
        const refusal = adminOnly(caller, "update_network", adminAttributes(patch, network))
        if (refusal !== undefined) return yield* Result.fail(refusal)
        if (patch.isShared === false && network.isShared && hasForeignPorts(index, network)) {
          return yield* Result.fail(invalidSharedSetting(id))
        }
        const next = touched(network, patch as Partial<Network>, now)
        return { changes: [replacing(store, networkTable, next)], value: kind.view(next) }
      })
    )
  })

  const remove = (caller: Caller, id: string) =>
    store.change(() =>
      Result.gen(function*() {
        yield* lookUp(kind, caller, id, "delete_network")
        const subnets = index.subnets.in("network", id)
        const isUsed = index.ports.count("network", id) > 0 || index.isArriving(id) ||
          subnets.some((subnet) => index.ipam.taken(subnet.id) > 0)
        if (isUsed) return yield* Result.fail(networkInUse(id))
        index.closing.add(id)
        const changes = [
          removing(store, networkTable, id),
          ...subnets.map((subnet) => removing(store, subnetTable, subnet.id))
        ]
        return { changes, value: undefined, settle: () => void index.closing.delete(id) }
      })
    )

  return { ...reading(kind), create, update, remove, retag: tagging(store, kind, "update_network") }
}

const invalidSharedSetting = (id: string): Refusal =>
  refuse(
    "conflict",
    `Unable to reconfigure sharing settings for network ${id}. Multiple tenants are using it.`,
    "InvalidSharedSetting"
  )
