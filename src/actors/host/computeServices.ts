import { type Refusal, refuse } from "../shared/Refusal.ts"
import type { Host } from "./Host.ts"

/** A Nova service as operators see it: one nova-compute for each host, and the two that place and conduct. */
export interface ComputeService {
  readonly binary: string
  readonly host: string
  readonly id: string
  readonly number: number
  readonly zone: string
  readonly isDisabled: boolean
  readonly disabledReason: string | null
  readonly isForcedDown: boolean
  readonly isUp: boolean
  readonly updatedAt: string | null
}

export const computeBinary = "nova-compute"
export const internalZone = "internal"

/** The scheduler and the conductor are actors of this process: always up, never to be changed. */
const internal = (binary: string, id: string, number: number): ComputeService => ({
  binary, host: "kilonova", id, number, zone: internalZone, isDisabled: false, disabledReason: null, isForcedDown: false,
  isUp: true, updatedAt: null
})
export const internalServices: ReadonlyArray<ComputeService> = [
  internal("nova-scheduler", "4b494c4f-0000-4000-8000-000000000001", 1),
  internal("nova-conductor", "4b494c4f-0000-4000-8000-000000000002", 2)
]

/** Numbers of hosts start at 1: behind the internal services' own. */
export const serviceNumber = (host: Host): number => host.serviceNumber + internalServices.length

export const serviceOf = (host: Host, answers: boolean): ComputeService => ({
  binary: computeBinary,
  host: host.hostname,
  id: host.serviceId,
  number: serviceNumber(host),
  zone: host.availabilityZone,
  isDisabled: host.isDisabled,
  disabledReason: host.disabledReason,
  isForcedDown: host.isForcedDown,
  isUp: answers && !host.isForcedDown,
  updatedAt: host.updatedAt
})

export const serviceNotFound = (id: string): Refusal => refuse("notFound", `Service ${id} could not be found.`, "ServiceNotFound")
export const hostNotFound = (host: string): Refusal => refuse("notFound", `Host '${host}' is not mapped to any cell`, "HostMappingNotFound")
export const notCompute = (binary: string): Refusal =>
  refuse("badRequest", `Updating a ${binary} service is not supported. Only ${computeBinary} services can be updated.`)
export const hasServers: Refusal = refuse(
  "conflict", "Unable to delete compute service that is hosting instances. Migrate or delete the instances first."
)
