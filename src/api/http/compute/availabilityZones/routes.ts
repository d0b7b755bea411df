import { Effect } from "effect"
import { type ComputeService, internalZone } from "../../../../actors/host/computeServices.ts"
import { HostAdmin } from "../../../../actors/host/HostAdminProtocol.ts"
import { isoMicros } from "../../../../actors/shared/time.ts"
import { operation } from "../Operations.ts"
import { query } from "../Requests.ts"

/** A zone is available while one of its services is enabled. */
const zonesOf = (services: ReadonlyArray<ComputeService>) => {
  const names = [...new Set(services.map((service) => service.zone))].toSorted()
  const isAvailable = (name: string) => services.some((service) => service.zone === name && !service.isDisabled)
  return { available: names.filter(isAvailable), unavailable: names.filter((name) => !isAvailable(name)) }
}

const zone = (zoneName: string, available: boolean, hosts: unknown = null) => ({ zoneName, zoneState: { available }, hosts })

/** The enabled services of a zone, by host and binary. */
const hostsOf = (services: ReadonlyArray<ComputeService>, zoneName: string) => {
  const hosts: Record<string, Record<string, unknown>> = {}
  for (const service of services) {
    if (service.zone !== zoneName || service.isDisabled) continue
    hosts[service.host] = {
      ...hosts[service.host],
      [service.binary]: {
        available: service.isUp, active: true, updated_at: service.updatedAt === null ? null : isoMicros(service.updatedAt)
      }
    }
  }
  return hosts
}

/** The zone of the scheduler and the conductor is nobody's choice, so only the detailed list shows it. */
const index = () =>
  Effect.map(HostAdmin, ({ services }) => {
    const { available, unavailable } = zonesOf(services())
    const shown = [...available.map((name) => zone(name, true)), ...unavailable.map((name) => zone(name, false))]
    return { body: { availabilityZoneInfo: shown.filter((row) => row.zoneName !== internalZone) } }
  })

const detail = () =>
  Effect.map(HostAdmin, ({ services }) => {
    const all = services()
    const { available, unavailable } = zonesOf(all)
    const shown = [...available.map((name) => zone(name, true, hostsOf(all, name))), ...unavailable.map((name) => zone(name, false))]
    return { body: { availabilityZoneInfo: shown } }
  })

const noQuery = query([], { strictSince: 102 })
const policy = "os_compute_api:os-availability-zone"

export const routes = [
  operation({ method: "GET", path: "/os-availability-zone", status: 200, query: noQuery, policy: `${policy}:list`, handle: index }),
  operation({ method: "GET", path: "/os-availability-zone/detail", status: 200, query: noQuery, policy: `${policy}:detail`, handle: detail })
]
