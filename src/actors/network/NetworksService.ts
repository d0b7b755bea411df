import { Effect, Layer, Result } from "effect"
import type { Change } from "../../runtime/kernel/Records.ts"
import type { VersionConflict } from "../../runtime/kernel/Journal.ts"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Store } from "./CollectionService.ts"
import { ensureDefaultGroup } from "./DefaultGroupService.ts"
import { boundTo, devicePortOf, unbound } from "./deviceBinding.ts"
import { macOf, namedId } from "./ids.ts"
import { isBound, portTable } from "./Network.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"
import type { FixedIp, Port } from "./Network.ts"
import { Networks } from "./NetworkProtocol.ts"
import type { AllocateRequest } from "./NetworkProtocol.ts"
import { NetworkStore } from "./NetworkStoreService.ts"
import { available, groupsNamed, nicOf, slotsOf } from "./plugging.ts"
import type { Slot } from "./plugging.ts"
import { creation, giveBack, removal, replacement } from "./portPlan.ts"
import { networkInUse } from "./refusals.ts"

/** Its group is made on the first use of `default` by a project. */
const groupsFor = (store: Store, projectId: string, names: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>, Refusal> =>
  names.length === 0 || (names.length === 1 && names[0] === "default")
    ? Effect.map(ensureDefaultGroup(store, projectId), (id) => [id])
    : Effect.andThen(
      names.includes("default") ? ensureDefaultGroup(store, projectId) : Effect.void,
      Effect.suspend(() => Effect.fromResult(groupsNamed(store.index, projectId, names)))
    )

/** A new port's id follows from the server and the card, so that a repeated request makes it once. */
const newPortId = (instanceId: string, at: number): string => namedId(`port ${at} of server ${instanceId}`)

const newPort = (request: AllocateRequest, slot: Slot, at: number, attempt: number, groups: ReadonlyArray<string>, now: string): Port => {
  const id = newPortId(request.instanceId, at)
  return {
    id,
    projectId: request.projectId,
    name: "",
    description: "",
    tags: [],
    createdAt: now,
    updatedAt: now,
    revision: 1,
    networkId: slot.network.id,
    macAddress: macOf(id, attempt),
    fixedIps: [],
    ...owner(request),
    isAdminStateUp: true,
    isPortSecurityEnabled: slot.network.isPortSecurityEnabled,
    securityGroups: groups,
    vnicType: "normal",
    profile: {},
    allowedAddressPairs: [],
    extraDhcpOpts: [],
    isPreexisting: false
  }
}

const owner = (request: AllocateRequest) => ({
  deviceId: request.instanceId,
  deviceOwner: `compute:${request.availabilityZone}`,
  hostId: request.host,
  dnsName: request.hostname
})

const unplugged = { deviceId: "", deviceOwner: "", hostId: "", dnsName: "" }

/**
 * The ports that an earlier call made or took for this request, in its order. What else names the server as its device
 * is none of its: any user can write that into a port.
 */
const alreadyPlugged = (index: NetworkIndex, { instanceId, networks }: AllocateRequest): ReadonlyArray<Port> => {
  const wanted = networks === "none" ? [] : networks === "auto" ? [null] : networks.map((each) => each.portId)
  return wanted.flatMap((portId, at) => {
    const port = index.ports.get(portId ?? newPortId(instanceId, at))
    return port !== undefined && port.deviceId === instanceId && isBound(port) ? [port] : []
  })
}

const isHere = (port: Port, { devices = [], host }: AllocateRequest): boolean =>
  port.hostId === host && (devices.find(({ portId }) => portId === port.id)?.address ?? port.profile.pci_slot) === port.profile.pci_slot

interface Plan {
  readonly ports: ReadonlyArray<Port>
  readonly changes: ReadonlyArray<Change>
  readonly reserved: ReadonlyArray<FixedIp>
}

/** All the cards of a server, or none of them. */
const plan = (
  store: Store,
  request: AllocateRequest,
  slots: ReadonlyArray<Slot>,
  groups: ReadonlyArray<string>,
  now: string,
  attempt: number
): Result.Result<Plan, Refusal> => {
  const { index } = store
  const ports: Array<Port> = []
  const changes: Array<Change> = []
  const reserved: Array<FixedIp> = []
  for (const [at, slot] of slots.entries()) {
    if (slot.port !== null) {
      // An address that somebody else has meanwhile is not asked for again.
      const device = boundTo(slot.port, request.devices ?? [])
      const mac = attempt === 0 ? {} : { macAddress: slot.port.macAddress }
      const next: Port = { ...slot.port, ...owner(request), ...device, ...mac, updatedAt: now, revision: slot.port.revision + 1 }
      ports.push(next)
      changes.push(...replacement(slot.port, next, store.version(portTable, next.id)))
      continue
    }
    const port = newPort(request, slot, at, attempt, groups, now)
    const wishes = slot.fixedIp === null ? undefined : [{ subnetId: null, address: slot.fixedIp }]
    const granted = index.closing.has(slot.network.id)
      ? Result.fail(networkInUse(slot.network.id))
      : index.ipam.reserve(slot.network.id, index.openSubnets(slot.network.id), wishes, port.macAddress, attempt === 0 ? null : seedOf(port.id, attempt))
    if (Result.isFailure(granted)) {
      giveBack(index, reserved, null)
      return Result.fail(granted.failure)
    }
    const plugged = { ...port, fixedIps: granted.success }
    ports.push(plugged)
    reserved.push(...granted.success)
    changes.push(...creation(plugged))
  }
  return Result.succeed({ ports, reserved, changes })
}

/** From 0 to 1: another one for each port and each try. */
const seedOf = (portId: string, attempt: number): number =>
  Number.parseInt(portId.replaceAll("-", "").slice(attempt % 16, (attempt % 16) + 8), 16) / 2 ** 32

const make = (store: Store): Networks["Service"] => {
  const { index } = store

  const validate: Networks["Service"]["validate"] = (caller, { count, networks, securityGroups }) =>
    Effect.suspend(() => {
      const projectId = caller.projectId ?? ""
      const checked = Result.gen(function*() {
        const slots = yield* slotsOf(index, { networks, projectId, instanceId: null, isAdmin: caller.isAdmin })
        yield* groupsNamed(index, projectId, securityGroups.filter((name) => name !== "default"))
        const exact = slots.find((slot) => slot.port !== null || slot.fixedIp !== null)
        if (count > 1 && exact !== undefined) {
          return yield* Result.fail(refuse(
            "badRequest",
            "Unable to launch multiple instances with a single configured port ID or fixed IP. Please launch your instance one by one with different ports.",
            "MultiplePortsNotApplicable"
          ))
        }
        const limit = index.limit(projectId, "port")
        const wanted = slots.filter((slot) => slot.port === null).length * count
        if (limit >= 0 && index.ports.count("project", projectId) + wanted > limit) {
          return yield* Result.fail(refuse("forbidden", "Maximum number of ports exceeded", "PortLimitExceeded"))
        }
        return { devicePorts: slots.flatMap(({ network, port }) => port === null ? [] : devicePortOf(port, network) ?? []) }
      })
      return Effect.fromResult(checked)
    })

  const nicsOf = (ports: ReadonlyArray<Port>) => ports.map((port) => nicOf(index, port))

  /** An earlier try of the build was on another host. */
  const rebound = (ports: ReadonlyArray<Port>, request: AllocateRequest, now: string) => {
    const next = ports.map((port): Port => isHere(port, request)
      ? port : { ...port, ...owner(request), ...boundTo(port, request.devices ?? []), macAddress: port.macAddress, updatedAt: now, revision: port.revision + 1 })
    return {
      changes: next.flatMap((port, at) => port === ports[at] ? [] : replacement(ports[at]!, port, store.version(portTable, port.id))),
      value: nicsOf(next)
    }
  }

  const allocate = Effect.fnUntraced(function*(request: AllocateRequest) {
    const { instanceId, networks, projectId } = request
    if (networks === "none") return []
    const made = alreadyPlugged(index, request)
    if (made.length > 0 && made.every((port) => isHere(port, request))) return nicsOf(made)
    const now = yield* store.now
    const groups = yield* groupsFor(store, projectId, request.securityGroups)
    return yield* store.change((_conflict: VersionConflict | null, attempt: number) =>
      Result.gen(function*() {
        const already = alreadyPlugged(index, request)
        if (already.length > 0) return rebound(already, request, now)
        // The request was validated for its caller; an admin's ports and networks are not refused here again.
        const slots = yield* slotsOf(index, { networks, projectId, instanceId, isAdmin: networks !== "auto" })
        const { changes, ports, reserved } = yield* plan(store, request, slots, groups, now, attempt)
        for (const port of ports) index.arrive(port.networkId, 1)
        return {
          changes,
          value: nicsOf(ports),
          undo: (lost) => giveBack(index, reserved, lost),
          settle: () => {
            for (const port of ports) index.arrive(port.networkId, -1)
          }
        }
      })
    )
  })

  const release = (instanceId: string) =>
    Effect.suspend(() => {
      if (index.ports.count("device", instanceId) === 0) return Effect.void
      return Effect.flatMap(store.now, (now) =>
        store.change(() => {
          const changes = index.ports.in("device", instanceId).flatMap((port) => {
            const version = store.version(portTable, port.id)
            return port.isPreexisting
              ? replacement(port, { ...port, ...unplugged, ...unbound(port), updatedAt: now, revision: port.revision + 1 }, version)
              : removal(port, version)
          })
          return Result.succeed({ changes, value: undefined })
        }))
    })

  const rebind: Networks["Service"]["rebind"] = (instanceId, { availabilityZone, devices, host }) =>
    Effect.flatMap(store.now, (now) =>
      store.change(() => {
        const changes = index.ports.in("device", instanceId).flatMap((port) =>
          !isBound(port) || port.hostId === host ? [] : replacement(
            port,
            { ...port, ...boundTo(port, devices), hostId: host, deviceOwner: `compute:${availabilityZone}`, updatedAt: now, revision: port.revision + 1 },
            store.version(portTable, port.id)
          ))
        return Result.succeed({ changes, value: undefined })
      }))

  const list = (caller: Caller) =>
    Effect.sync(() => {
      const networks = caller.isAdmin && caller.projectId === null
        ? [...index.networks.all()]
        : available(index, caller.projectId ?? "")
      return networks.map(({ id, name }) => ({ id, name }))
    })

  const holders = Effect.sync(() => [
    ...new Set([...index.ports.all()].flatMap(({ deviceId, deviceOwner }) => deviceOwner.startsWith("compute:") ? [deviceId] : []))
  ])

  return Networks.of({ validate, allocate, release, rebind, holders, list })
}

/** Compute's view of the network service, over the store. */
export const layerNoDeps: Layer.Layer<Networks, never, NetworkStore> = Layer.effect(Networks, Effect.map(NetworkStore, make))
