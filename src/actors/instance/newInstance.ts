import type { FlavorSnapshot, Instance, PlacementWish } from "./Instance.ts"
import { begin } from "./actionLog.ts"
import type { DevicePort } from "../placement/devices/portDevices.ts"
import { isoOf } from "../shared/time.ts"
import type { Request } from "./InstanceCommand.ts"
import { build } from "./lifecycle.ts"
import { diskConfigOf } from "./resolve.ts"
import type { CreateServer } from "./ServersProtocol.ts"
import { powerStates } from "./states.ts"

/** What the request's names turned out to mean. */
export interface Resolved {
  readonly flavor: FlavorSnapshot
  readonly imageProperties: { readonly [key: string]: string }
  readonly publicKey: string | null
  /** Ports that need a device of the host each. */
  readonly devicePorts: ReadonlyArray<DevicePort>
  readonly wish: PlacementWish
}

/** Nova's host names: letters, digits and dashes of the name, 63 at most. */
const hostnameOf = (name: string, id: string): string => {
  const plain = name.normalize("NFKD").replaceAll(/[^\x20-\x7e]/g, "").toLowerCase()
    .replaceAll(/[ _.]/g, "-").replaceAll(/[^a-z0-9-]/g, "").replaceAll(/^-+|-+$/g, "").slice(0, 63)
  return plain === "" ? `server-${id}` : plain
}

/** The server a create request means, as it is before anything was done for it. `index` counts from 0 in its request. */
export const newInstance = (
  create: CreateServer, resolved: Resolved, request: Request, ids: { readonly id: string; readonly reservationId: string },
  index: number, count: number
): Instance => {
  const at = isoOf(request.atMillis)
  const name = count > 1 ? `${create.name}-${index + 1}` : create.name
  const hostname = create.hostname === null ? hostnameOf(name, ids.id) : count > 1 ? `${create.hostname}-${index + 1}` : create.hostname
  return {
    id: ids.id,
    projectId: request.projectId,
    userId: request.userId,
    name,
    hostname,
    description: create.description,
    reservationId: ids.reservationId,
    launchIndex: index,
    createdAt: at,
    updatedAt: at,
    launchedAt: null,
    terminatedAt: null,
    vmState: "building",
    taskState: "scheduling",
    powerState: powerStates.nostate,
    fault: null,
    generation: 1,
    work: {
      action: build.log, step: build.steps[0], generation: 1, requestId: request.requestId, touchedAtMillis: request.atMillis,
      deadlineMillis: request.deadlineMillis, attempt: 1, excludedHosts: []
    },
    flavor: resolved.flavor,
    imageId: create.imageId,
    imageProperties: resolved.imageProperties,
    keyName: create.keyName,
    publicKey: resolved.publicKey,
    userData: create.userData,
    configDrive: create.configDrive,
    diskConfig: create.diskConfig ?? diskConfigOf(resolved.imageProperties),
    ...(create.trustedCertificates == null ? {} : { trustedCertificates: create.trustedCertificates }),
    accessIpV4: create.accessIpV4,
    accessIpV6: create.accessIpV6,
    metadata: create.metadata,
    tags: create.tags,
    locked: null,
    wish: resolved.wish,
    host: null,
    ...(resolved.devicePorts.length === 0 ? {} : { devicePorts: resolved.devicePorts }),
    availabilityZone: null,
    networks: create.networks,
    securityGroups: create.securityGroups,
    nics: [],
    actions: begin({ actions: [], host: null }, {
      action: build.log, event: build.event, at,
      requestId: request.requestId, userId: request.userId, projectId: request.projectId
    })
  }
}
