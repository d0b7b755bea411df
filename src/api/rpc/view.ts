import type { Instance } from "../../actors/instance/Instance.ts"
import { statusOf } from "../../actors/instance/states.ts"
import type { CreateServer } from "../../actors/instance/ServersProtocol.ts"
import type { Caller } from "../../actors/shared/Caller.ts"
import type { FeedEntry } from "../../runtime/kernel/Journal.ts"
import type { NewServer, Server, ServerEvent } from "./contract.ts"

/** The server as this caller may see it. */
export const serverOf = (instance: Instance, caller: Caller): Server => ({
  id: instance.id,
  name: instance.name,
  projectId: instance.projectId,
  userId: instance.userId,
  status: statusOf(instance.vmState, instance.taskState),
  vmState: instance.vmState,
  taskState: instance.taskState,
  powerState: instance.powerState,
  fault: instance.fault === null || caller.isAdmin ? instance.fault : { ...instance.fault, details: null },
  host: caller.isAdmin ? instance.host : null,
  availabilityZone: instance.availabilityZone,
  flavor: instance.flavor,
  imageId: instance.imageId,
  addresses: instance.nics.flatMap((nic) =>
    nic.fixedIps.map(({ address }) => ({ network: nic.label, address, macAddress: nic.macAddress }))
  ),
  metadata: instance.metadata,
  tags: instance.tags,
  createdAt: instance.createdAt,
  updatedAt: instance.updatedAt
})

export const createOf = (asked: NewServer): CreateServer => ({
  name: asked.name,
  flavorId: asked.flavorId,
  imageId: asked.imageId ?? null,
  networks: asked.networks ?? "auto",
  securityGroups: asked.securityGroups ?? [],
  minCount: 1,
  maxCount: 1,
  description: asked.description ?? null,
  hostname: null,
  keyName: asked.keyName ?? null,
  metadata: asked.metadata ?? {},
  tags: asked.tags ?? [],
  userData: asked.userData ?? null,
  configDrive: false,
  diskConfig: null,
  accessIpV4: null,
  accessIpV6: null,
  availabilityZone: asked.availabilityZone ?? null,
  host: null,
  isForced: false,
  hints: {}
})

/** An entry of the feed as an event: one when it is about a server of the caller's, else none. */
export const eventsOf = (entry: FeedEntry, caller: Caller): ReadonlyArray<ServerEvent> => {
  if (entry.stream.type !== "Instance" || entry.state === null) return []
  const instance = entry.state as unknown as Instance
  return !caller.isAdmin && instance.projectId !== caller.projectId ? [] : [{
    position: entry.position,
    serverId: instance.id,
    projectId: instance.projectId,
    facts: entry.events.map((event) => (event as { readonly _tag: string })._tag),
    status: statusOf(instance.vmState, instance.taskState),
    taskState: instance.taskState
  }]
}
