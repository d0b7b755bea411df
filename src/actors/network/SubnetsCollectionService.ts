import { Effect, Result } from "effect"
import type { Change } from "../../runtime/kernel/Records.ts"
import type { Caller } from "../shared/Caller.ts"
import { counted, lookUp, ownedBy, reading, removing, replacing, seesOwned, tagging, touched, withinQuota } from "./CollectionService.ts"
import type { Kind, Store } from "./CollectionService.ts"
import type { SubnetDraft, SubnetPatch } from "./drafts.ts"
import { networkTable, subnetTable } from "./Network.ts"
import type { Subnet } from "./Network.ts"
import type { NetworkApi } from "./NetworkApiProtocol.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"
import { networkKind } from "./NetworksCollectionService.ts"
import { seesNetwork } from "./policy.ts"
import { notFound, subnetInUse } from "./refusals.ts"
import { addressing, revised } from "./subnets.ts"

/** A subnet is seen by its owner, and by all who see a shared network. */
const subnetKind = (index: NetworkIndex): Kind<Subnet, Subnet> => ({
  noun: "subnet",
  shelf: index.subnets,
  table: subnetTable,
  sees: (caller, subnet) => {
    const network = index.networks.get(subnet.networkId)
    return seesOwned(caller, subnet) || (network !== undefined && network.isShared && seesNetwork(caller, network))
  },
  view: (subnet) => subnet,
  narrow: ({ networkId }) => networkId === undefined ? undefined : index.subnets.in("network", networkId)
})

export const make = (store: Store): NetworkApi["Service"]["subnets"] => {
  const { index } = store
  const kind = subnetKind(index)

  const create = Effect.fnUntraced(function*(caller: Caller, draft: SubnetDraft) {
    const id = yield* store.newId
    const now = yield* store.now
    return yield* store.change(() =>
      Result.gen(function*() {
        const network = yield* lookUp(networkKind(index), caller, draft.networkId, "create_subnet")
        if (index.closing.has(network.id)) return yield* Result.fail(notFound("network", network.id))
        const owned = yield* ownedBy(caller, "create_subnet", draft, id, now)
        const refusal = withinQuota(index, "subnet", owned.projectId, index.subnets.count("project", owned.projectId))
        if (refusal !== undefined) return yield* Result.fail(refusal)
        const valid = yield* addressing(draft, index.subnets.in("network", network.id))
        const subnet: Subnet = { ...owned, networkId: network.id, serviceTypes: draft.serviceTypes, ...valid }
        // The network's next revision makes two subnets of one network decide one after the other.
        const changes: ReadonlyArray<Change> = [
          { table: subnetTable, put: subnet, expect: "absent" },
          replacing(store, networkTable, touched(network, {}, now)),
          ...counted(store, "subnet", owned.projectId)
        ]
        return { changes, value: subnet }
      })
    )
  })

  const update = Effect.fnUntraced(function*(caller: Caller, id: string, patch: SubnetPatch) {
    const now = yield* store.now
    return yield* store.change(() =>
      Result.gen(function*() {
        const subnet = yield* lookUp(kind, caller, id, "update_subnet")
        const next = touched(yield* revised(subnet, patch as Partial<Subnet>), {}, now)
        return { changes: [replacing(store, subnetTable, next)], value: next }
      })
    )
  })

  const remove = (caller: Caller, id: string) =>
    store.change(() =>
      Result.gen(function*() {
        yield* lookUp(kind, caller, id, "delete_subnet")
        if (index.ipam.taken(id) > 0) return yield* Result.fail(subnetInUse(id))
        index.closing.add(id)
        return { changes: [removing(store, subnetTable, id)], value: undefined, settle: () => void index.closing.delete(id) }
      })
    )

  return { ...reading(kind), create, update, remove, retag: tagging(store, kind, "update_subnet") }
}
