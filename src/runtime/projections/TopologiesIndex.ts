import { Effect, Layer } from "effect"
import { hosts } from "../../actors/host/Host.ts"
import { HostTopologies } from "../kernel/HostTopologies.ts"
import { InstanceIndex } from "../kernel/InstanceIndex.ts"
import { Records } from "../kernel/Records.ts"
import { DeviceFold } from "./devices.ts"
import { Topologies } from "./topologies.ts"

const make = Effect.gen(function*() {
  const index = yield* InstanceIndex
  const records = yield* Records
  const sources = { host: (hostname: string) => records.get(hosts, hostname), server: index.get, onHost: index.onHost, movingOn: index.movingOn }
  const topologies = new Topologies(sources)
  const devices = new DeviceFold(sources)
  yield* records.watch([hosts], (_, hostname) => {
    topologies.forget(hostname)
    devices.forget(hostname)
  })
  yield* index.watchServers((before, after) => {
    topologies.change(before, after)
    devices.change(before, after)
  })
  return HostTopologies.of({
    topologyOf: (hostname) => topologies.of(hostname)?.topology,
    othersOn: (hostname, instanceId) => topologies.without(hostname, instanceId),
    devicesOf: (hostname) => devices.of(hostname),
    otherDevicesOn: (hostname, instanceId) => devices.without(hostname, instanceId)
  })
})

export const layer = Layer.effect(HostTopologies, make)
