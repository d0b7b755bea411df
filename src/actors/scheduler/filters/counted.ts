import { leastOf } from "../aggregates.ts"
import { always, type ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"

/** Fewer of something on the host than a limit, which its aggregates may set for their hosts. */
const below = (name: string, what: string, count: (host: HostState) => number, limit: (host: HostState) => number): ClassFilter => ({
  name,
  isResource: false,
  key: always,
  admits: (host) => count(host) < limit(host),
  why: (host) => ({
    reason: `${count(host)} ${what}, fewer than ${limit(host)} needed`,
    short: { resource: what, needed: 1, available: Math.min(0, limit(host) - count(host)) }
  })
})

/** Servers whose task is in flight (Nova: IoOpsFilter, AggregateIoOpsFilter). */
export const ioOps = (most: number): ClassFilter => below("IoOpsFilter", "I/O operations", (host) => host.ioOps, () => most)
export const aggregateIoOps = (most: number): ClassFilter =>
  below("AggregateIoOpsFilter", "I/O operations", (host) => host.ioOps, (host) => leastOf(host, "max_io_ops_per_host", most))

/** Servers (Nova: NumInstancesFilter, AggregateNumInstancesFilter). */
export const numInstances = (most: number): ClassFilter => below("NumInstancesFilter", "servers", (host) => host.instances, () => most)
export const aggregateNumInstances = (most: number): ClassFilter =>
  below("AggregateNumInstancesFilter", "servers", (host) => host.instances, (host) => leastOf(host, "max_instances_per_host", most))
