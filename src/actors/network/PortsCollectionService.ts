import { Effect, Result } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { counted, lookUp, ownedBy, reading, seesOwned, tagging, touched, union, withinQuota } from "./CollectionService.ts"
import type { Kind, Store } from "./CollectionService.ts"
import { ensureDefaultGroup } from "./DefaultGroupService.ts"
import type { PortDraft, PortPatch } from "./drafts.ts"
import { macOf } from "./ids.ts"
import { portTable } from "./Network.ts"
import type { FixedIp, Network, Port } from "./Network.ts"
import type { NetworkApi } from "./NetworkApiProtocol.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"
import { networkKind } from "./NetworksCollectionService.ts"
import { adminOnly, owns } from "./policy.ts"
import { creation, giveBack, readdress, removal, replacement } from "./portPlan.ts"
import { disallowed, macInUse, notFound } from "./refusals.ts"

/** A port is seen by its owner and by the owner of its network. */
const portKind = (index: NetworkIndex): Kind<Port, Port> => ({
  noun: "port",
  shelf: index.ports,
  table: portTable,
  sees: (caller, port) => {
    const network = index.networks.get(port.networkId)
    return seesOwned(caller, port) || (network !== undefined && seesOwned(caller, network))
  },
  view: (port) => port,
  narrow: ({ deviceId, networkId, projectId }, caller) => {
    if (deviceId !== undefined) return index.ports.in("device", deviceId)
    if (networkId !== undefined) return index.ports.in("network", networkId)
    if (projectId !== undefined) return index.ports.in("project", projectId)
    if (caller.isAdmin) return undefined
    const own = caller.projectId ?? ""
    return union(
      index.ports.in("project", own),
      index.networks.in("project", own).flatMap((network) => index.ports.in("network", network.id))
    )
  }
})

/** Attributes that need admin, or on somebody else's network its owner. */
const attributesRefusal = (caller: Caller, operation: string, patch: PortPatch, network: Network, before: Partial<Port>): Refusal | undefined => {
  const bound = adminOnly(caller, operation, {
    "binding:host_id": patch.hostId !== undefined && patch.hostId !== (before.hostId ?? ""),
    "binding:profile": patch.profile !== undefined && JSON.stringify(patch.profile) !== JSON.stringify(before.profile ?? {})
  })
  if (bound !== undefined || owns(caller, network)) return bound
  const asked: ReadonlyArray<readonly [string, boolean]> = [
    ["mac_address", patch.macAddress !== undefined && patch.macAddress !== before.macAddress],
    ["fixed_ips", patch.fixedIps?.some((wish) => wish.address !== null && !before.fixedIps?.some((each) => each.address === wish.address)) === true],
    ["device_owner", patch.deviceOwner?.startsWith("network:") === true && patch.deviceOwner !== before.deviceOwner],
    ["port_security_enabled", patch.isPortSecurityEnabled === false && before.isPortSecurityEnabled !== false],
    ["allowed_address_pairs", (patch.allowedAddressPairs?.length ?? 0) > 0]
  ]
  const found = asked.find(([, is]) => is)
  return found === undefined ? undefined : disallowed(operation, `${operation}:${found[0]}`)
}

const missingGroup = (index: NetworkIndex, caller: Caller, ids: ReadonlyArray<string> | undefined): Refusal | undefined => {
  const stranger = ids?.find((id) => {
    const group = index.groups.get(id)
    return group === undefined || !seesOwned(caller, group)
  })
  return stranger === undefined ? undefined : notFound("security group", stranger)
}

export const make = (store: Store): NetworkApi["Service"]["ports"] => {
  const { index } = store
  const kind = portKind(index)

  const create = Effect.fnUntraced(function*(caller: Caller, draft: PortDraft) {
    const id = yield* store.newId
    const now = yield* store.now
    const projectId = draft.projectId ?? caller.projectId
    const wantsDefault = draft.securityGroups === undefined && draft.isPortSecurityEnabled !== false &&
      !draft.deviceOwner.startsWith("network:") && projectId !== null && owns(caller, { projectId })
    const usualGroups = wantsDefault ? [yield* ensureDefaultGroup(store, projectId)] : []
    return yield* store.change((conflict, attempt) =>
      Result.gen(function*() {
        const network = yield* lookUp(networkKind(index), caller, draft.networkId)
        if (index.closing.has(network.id)) return yield* Result.fail(notFound("network", network.id))
        const owned = yield* ownedBy(caller, "create_port", draft, id, now)
        const isMacLost = draft.macAddress !== undefined && conflict?.stream.type === "port/mac"
        const refusal = attributesRefusal(caller, "create_port", draft, network, {}) ??
          missingGroup(index, caller, draft.securityGroups) ??
          withinQuota(index, "port", owned.projectId, index.ports.count("project", owned.projectId)) ??
          (isMacLost ? macInUse(network.id, draft.macAddress) : undefined)
        if (refusal !== undefined) return yield* Result.fail(refusal)
        const macAddress = draft.macAddress ?? macOf(id, attempt)
        const fixedIps = yield* index.ipam.reserve(network.id, index.openSubnets(network.id), draft.fixedIps, macAddress)
        const port: Port = {
          ...draft,
          ...owned,
          macAddress,
          fixedIps,
          isPortSecurityEnabled: draft.isPortSecurityEnabled ?? network.isPortSecurityEnabled,
          securityGroups: draft.securityGroups ?? usualGroups,
          isPreexisting: true
        }
        index.arrive(network.id, 1)
        return {
          changes: [...creation(port), ...counted(store, "port", owned.projectId)],
          value: port,
          undo: (lost) => giveBack(index, fixedIps, lost),
          settle: () => index.arrive(network.id, -1)
        }
      })
    )
  })

  const update = Effect.fnUntraced(function*(caller: Caller, id: string, patch: PortPatch) {
    const now = yield* store.now
    return yield* store.change((conflict) =>
      Result.gen(function*() {
        const port = yield* lookUp(kind, caller, id, "update_port")
        const network = index.networks.get(port.networkId)
        if (network === undefined) return yield* Result.fail(notFound("network", port.networkId))
        const isMacLost = patch.macAddress !== undefined && conflict?.stream.type === "port/mac"
        const refusal = attributesRefusal(caller, "update_port", patch, network, port) ??
          missingGroup(index, caller, patch.securityGroups) ??
          (isMacLost ? macInUse(network.id, patch.macAddress) : undefined)
        if (refusal !== undefined) return yield* Result.fail(refusal)
        const { fixedIps: wishes, ...plain } = patch
        const kept = { fixedIps: port.fixedIps, reserved: [] as ReadonlyArray<FixedIp> }
        const { fixedIps, reserved } = wishes === undefined ? kept : yield* readdress(index, port, wishes)
        const next = touched(port, { ...definedOf(plain), fixedIps } as Partial<Port>, now)
        return {
          changes: replacement(port, next, store.version(portTable, id)),
          value: next,
          undo: (lost) => giveBack(index, reserved, lost)
        }
      })
    )
  })

  const remove = (caller: Caller, id: string) =>
    store.change(() =>
      Result.map(lookUp(kind, caller, id, "delete_port"), (port) => ({
        changes: removal(port, store.version(portTable, id)),
        value: undefined
      }))
    )

  return { ...reading(kind), create, update, remove, retag: tagging(store, kind, "update_port") }
}

/** Without the fields that are there but not given. */
const definedOf = <A extends object>(fields: A): Partial<A> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<A>
