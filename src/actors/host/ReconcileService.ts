import { Effect, Layer, Schedule, Stream } from "effect"
import { Fleet } from "../../drivers/Driver.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../runtime/kernel/Journal.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Limits } from "../../runtime/Limits.ts"
import { isLive } from "../instance/Instance.ts"
import { Networks } from "../network/NetworkProtocol.ts"
import { defaultCell } from "../scheduler/SchedulerProtocol.ts"
import { HostEntity } from "./HostProtocol.ts"
import { repairs } from "./reconcile.ts"

/**
 * Brings the journal and the world together: at the start, for what happened while nobody looked, when a host comes, and
 * every so often. A host that does not answer is looked at soon after it does. Each host is compared by the process that
 * owns it, and the ports by the one that owns the scheduler.
 */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const fleet = yield* Fleet
  const index = yield* InstanceIndex
  const networks = yield* Networks
  const ownership = yield* Ownership
  const journal = yield* Journal
  const entities = yield* HostEntity.client

  const owns = (type: string, id: string) => ownership.epochOf(ownership.shardOf(type, id)) !== -1

  const ofHost = Effect.fnUntraced(function*(hostname: string) {
    const driver = fleet.driver(hostname)
    if (driver === undefined) return
    const guests = yield* driver.list
    // No guest is judged by less than what is known of its server now.
    yield* journal.sync
    const call = { epoch: ownership.epochOf(ownership.shardOf("Host", hostname)) }
    for (const repair of repairs(hostname, index.onHost(hostname), guests, index.get)) {
      if (repair._tag === "Destroy") yield* driver.destroy(repair.instanceId, call)
      else yield* entities(hostname).Observe({ instanceId: repair.instanceId, power: repair.power })
    }
  })

  /** A crash between "the server is deleted" and a late allocation may leave ports that no server has. */
  const ofPorts = Effect.flatMap(networks.holders, (ids) =>
    Effect.forEach(ids, (id) => {
      const server = index.get(id)
      return server !== undefined && isLive(server) ? Effect.void : networks.release(id)
    }, { discard: true }))

  const silent = new Set<string>()
  const compare = (hostname: string) =>
    Effect.matchCauseEffect(ofHost(hostname), {
      onSuccess: () => Effect.sync(() => silent.delete(hostname)),
      onFailure: (cause) => Effect.andThen(Effect.logDebug(`Host ${hostname} cannot be compared`, cause), Effect.sync(() => silent.add(hostname)))
    })
  const look = (hostname: string) =>
    Effect.suspend((): Effect.Effect<unknown> => owns("Host", hostname) ? compare(hostname) : Effect.sync(() => silent.delete(hostname)))
  const lookAt = (hostnames: Iterable<string>) =>
    Effect.forEach(hostnames, look, { concurrency: Limits.watchdogConcurrency, discard: true })

  const ports = Effect.suspend(() => owns("Scheduler", defaultCell) ? Effect.ignore(ofPorts, { log: "Warn" }) : Effect.void)
  const all = Effect.andThen(ports, Effect.suspend(() => lookAt(fleet.hosts)))
  yield* Effect.forkScoped(
    Stream.runDrain(Stream.mapEffect(fleet.arrivals, look, { concurrency: Limits.watchdogConcurrency })),
    { startImmediately: true }
  )
  yield* Effect.forkScoped(Effect.repeat(all, Schedule.spaced(Limits.reconcileMillis)))
  yield* Effect.forkScoped(
    Effect.repeat(Effect.suspend(() => lookAt([...silent])), Schedule.spaced(Limits.reconcileRetryMillis))
  )
}))
