import type { ServerUsage } from "../../../../actors/instance/usage.ts"
import { isoMicros, isoOf } from "../../../../actors/shared/time.ts"

/** These shapes are the same in all versions. */
const serverOf = ({ hours, isEnded, server, uptimeSeconds }: ServerUsage) => ({
  hours,
  flavor: server.flavor.name,
  instance_id: server.id,
  name: server.name,
  tenant_id: server.projectId,
  memory_mb: server.flavor.ramMb,
  local_gb: server.flavor.diskGb + server.flavor.ephemeralGb,
  vcpus: server.flavor.vcpus,
  started_at: server.launchedAt === null ? null : isoMicros(server.launchedAt),
  ended_at: server.terminatedAt === null ? null : isoMicros(server.terminatedAt),
  state: isEnded ? "terminated" : server.vmState,
  uptime: uptimeSeconds
})

const sum = (usages: ReadonlyArray<ServerUsage>, of: (usage: ServerUsage) => number) =>
  usages.reduce((total, usage) => total + of(usage), 0)

export const tenantOf = (
  projectId: string, usages: ReadonlyArray<ServerUsage>, period: { readonly start: number; readonly stop: number }, isDetailed: boolean
) => ({
  tenant_id: projectId,
  ...(isDetailed ? { server_usages: usages.map(serverOf) } : {}),
  total_local_gb_usage: sum(usages, ({ hours, server }) => hours * (server.flavor.diskGb + server.flavor.ephemeralGb)),
  total_vcpus_usage: sum(usages, ({ hours, server }) => hours * server.flavor.vcpus),
  total_memory_mb_usage: sum(usages, ({ hours, server }) => hours * server.flavor.ramMb),
  total_hours: sum(usages, ({ hours }) => hours),
  start: isoMicros(isoOf(period.start)),
  stop: isoMicros(isoOf(period.stop))
})
