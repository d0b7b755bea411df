import { Clock, Effect, Layer, Result } from "effect"
import { Fleet } from "../../drivers/Driver.ts"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { type Change, Records } from "../../runtime/kernel/Records.ts"
import { removalOfProviders } from "../placement/hostRemoval.ts"
import { isoOf } from "../shared/time.ts"
import { aggregates } from "./Aggregate.ts"
import { hasServers, hostNotFound, internalServices, serviceOf } from "./computeServices.ts"
import { type Host, hosts } from "./Host.ts"
import { HostAdmin, type HostChange } from "./HostAdminProtocol.ts"

const changed = (host: Host, change: HostChange, updatedAt: string): Host => ({
  ...host,
  ...(change.status === undefined ? {} : { isDisabled: change.status.isDisabled, disabledReason: change.status.reason }),
  ...(change.isForcedDown === undefined ? {} : { isForcedDown: change.isForcedDown }),
  updatedAt
})

export const layer = Layer.effect(HostAdmin, Effect.gen(function*() {
  const records = yield* Records
  const index = yield* InstanceIndex
  const fleet = yield* Fleet
  const all = () => [...records.all(hosts)].toSorted((a, b) => a.number - b.number)
  const service = (host: Host) => serviceOf(host, fleet.isUp(host.hostname))
  const services = () => [...internalServices, ...all().map(service)]
  const leavingAggregates = (hostname: string): ReadonlyArray<Change> =>
    [...records.all(aggregates)].filter((aggregate) => aggregate.hosts.includes(hostname)).map((aggregate) => ({
      table: aggregates,
      put: { ...aggregate, hosts: aggregate.hosts.filter((host) => host !== hostname) },
      expect: records.version(aggregates, aggregates.key(aggregate))
    }))
  const isNumber = (id: string) => /^\d+$/.test(id)

  return HostAdmin.of({
    hosts: all,
    host: (id) => isNumber(id) ? all().find((host) => host.number === Number(id)) : records.find(hosts, "id", id),
    isUp: (host) => fleet.isUp(host.hostname) && !host.isForcedDown,
    services,
    service: (id) => services().find((row) => isNumber(id) ? row.number === Number(id) : row.id === id),
    change: (hostname, change) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        decideAndWrite(records, () => {
          const known = records.get(hosts, hostname)
          if (known === undefined) return Result.fail(hostNotFound(hostname))
          const put = changed(known, change, isoOf(now))
          return Result.succeed({
            changes: [{ table: hosts, put, expect: records.version(hosts, hostname) }],
            answer: service(put)
          })
        })),
    remove: (hostname) =>
      decideAndWrite(records, () => {
        const known = records.get(hosts, hostname)
        if (known === undefined) return Result.fail(hostNotFound(hostname))
        if (index.usageOfHost(hostname).instances > 0) return Result.fail(hasServers)
        return Result.map(removalOfProviders(records, known.id), (providers) => ({
          changes: [{ table: hosts, remove: hostname, expect: records.version(hosts, hostname) }, ...leavingAggregates(hostname), ...providers],
          answer: undefined
        }))
      })
  })
}))
