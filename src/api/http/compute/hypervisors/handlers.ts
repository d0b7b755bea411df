import { Effect } from "effect"
import type { Host } from "../../../../actors/host/Host.ts"
import { HostAdmin } from "../../../../actors/host/HostAdminProtocol.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import { InstanceIndex } from "../../../../runtime/kernel/InstanceIndex.ts"
import type { Call } from "../Call.ts"
import { isUuid } from "../formats.ts"
import { nextLinks, pageOf } from "../paging.ts"
import { isTruth } from "../types.ts"
import * as behaviours from "./behaviours.ts"
import { type Counts, countsOf, render, type ShownHypervisor } from "./fields.ts"

const id = (call: Call) => call.params["id"]!

/** Everything a row may show of a host. */
const viewer = Effect.gen(function*() {
  const admin = yield* HostAdmin
  const index = yield* InstanceIndex
  return (host: Host): ShownHypervisor => {
    const servers = [...index.onHost(host.hostname)]
    return {
      host,
      isUp: admin.isUp(host),
      usage: index.usageOfHost(host.hostname),
      servers: servers.map((server) => ({ name: server.name, uuid: server.id })),
      busy: servers.filter((server) => server.taskState !== null).length
    }
  }
})

const matching = Effect.fnUntraced(function*(pattern: string) {
  const wanted = pattern.toLowerCase()
  const found = (yield* HostAdmin).hosts().filter((host) => host.hostname.toLowerCase().includes(wanted))
  if (found.length === 0) return yield* refuse("notFound", `No hypervisor matching '${pattern}' could be found.`)
  return found
})

const page = Effect.fnUntraced(function*(call: Call) {
  const pattern = call.query.get("hypervisor_hostname_pattern")
  if (pattern !== null) {
    if (call.query.has("limit") || call.query.has("marker")) {
      return yield* refuse("badRequest", "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.")
    }
    return { items: yield* matching(pattern), next: null }
  }
  const hosts = (yield* HostAdmin).hosts()
  if (!call.within(behaviours.comesInPages)) return { items: hosts, next: null }
  const keyOf = (host: Host) => call.within(behaviours.isKnownByUuid) ? host.id : String(host.number)
  return yield* Effect.fromResult(pageOf(call, hosts, keyOf))
})

const wantsServers = (call: Call) => isTruth(call.query.get("with_servers"))

const list = (view: "index" | "detail") => (call: Call) =>
  Effect.gen(function*() {
    const { items, next } = yield* page(call)
    const viewOf = yield* viewer
    return {
      body: {
        hypervisors: items.map((host) => render(call, view, wantsServers(call), viewOf(host))),
        ...nextLinks(call, "hypervisors_links", next)
      }
    }
  })
export const index = list("index")
export const detail = list("detail")

const named = Effect.fnUntraced(function*(call: Call) {
  const byUuid = call.within(behaviours.isKnownByUuid)
  if (byUuid && !isUuid(id(call))) return yield* refuse("badRequest", `Invalid uuid ${id(call)}`)
  const host = byUuid || /^\d+$/.test(id(call)) ? (yield* HostAdmin).host(id(call)) : undefined
  return host === undefined ? yield* refuse("notFound", `Hypervisor with ID '${id(call)}' could not be found.`) : host
})

export const show = Effect.fnUntraced(function*(call: Call) {
  const host = yield* named(call)
  return { body: { hypervisor: render(call, "detail", wantsServers(call), (yield* viewer)(host)) } }
})

/** No hypervisor driver tells its host's uptime yet. */
export const uptime = Effect.fnUntraced(function*(call: Call) {
  const host = yield* named(call)
  if (!(yield* HostAdmin).isUp(host)) {
    return yield* refuse("badRequest", `Compute service of ${host.hostname} is unavailable at this time.`, "ComputeServiceUnavailable")
  }
  return yield* refuse("notImplemented", "The requested functionality is not supported.")
})

const search = (hasServers: boolean) => (call: Call) =>
  Effect.gen(function*() {
    const found = yield* matching(id(call))
    const viewOf = yield* viewer
    return { body: { hypervisors: found.map((host) => render(call, "index", hasServers, viewOf(host))) } }
  })
export const searchByName = search(false)
export const serversByName = search(true)

const nothing: Counts = {
  vcpus: 0, memory_mb: 0, local_gb: 0, vcpus_used: 0, memory_mb_used: 0, local_gb_used: 0, free_ram_mb: 0, free_disk_gb: 0,
  current_workload: 0, running_vms: 0, disk_available_least: 0
}

/** Disabled hosts count for nothing. */
export const statistics = Effect.fnUntraced(function*() {
  const viewOf = yield* viewer
  const enabled = (yield* HostAdmin).hosts().filter((host) => !host.isDisabled)
  const sums = enabled.map((host) => countsOf(viewOf(host))).reduce((total, counts) =>
    Object.fromEntries(Object.entries(total).map(([name, sum]) => [name, sum + counts[name as keyof Counts]])) as Counts, nothing)
  return { body: { hypervisor_statistics: { count: enabled.length, ...sums } } }
})
