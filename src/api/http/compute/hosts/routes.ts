/** Hosts as operators saw them before there were hypervisors and services: none of it since 2.43. */
import { Effect } from "effect"
import type { Host } from "../../../../actors/host/Host.ts"
import { defaultRatios } from "../../../../actors/host/Host.ts"
import { HostAdmin } from "../../../../actors/host/HostAdminProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { InstanceIndex, type Usage } from "../../../../runtime/kernel/InstanceIndex.ts"
import type { Call } from "../Call.ts"
import { operation } from "../Operations.ts"
import { object, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const until = 42
const find = (call: Call): Effect.Effect<Host, Refusal, HostAdmin> =>
  Effect.flatMap(HostAdmin, ({ hosts }) => {
    const name = call.params["host"]!
    const found = hosts().find(({ hostname }) => hostname === name)
    return found === undefined
      ? Effect.fail(refuse("notFound", `Compute host ${name} could not be found.`, "ComputeHostNotFound"))
      : Effect.succeed(found)
  })

const list = (call: Call) =>
  Effect.map(HostAdmin, ({ services }) => {
    const zone = call.query.get("zone")
    const shown = services().filter((service) => zone === null || service.zone === zone)
    return {
      body: { hosts: shown.map(({ binary, host, zone }) => ({ host_name: host, service: binary.replace(/^nova-/, ""), zone })) }
    }
  })

const resource = ({ hostname }: Host, project: string, cpu: number, memoryMb: number, diskGb: number) => ({
  resource: { host: hostname, project, cpu, memory_mb: memoryMb, disk_gb: diskGb }
})
const none: Usage = { instances: 0, cores: 0, ramMb: 0, diskGb: 0 }

/** What the host has, what is taken of it, and what its servers may take, in all and for each project. */
const show = Effect.fnUntraced(function*(call: Call) {
  const host = yield* find(call)
  const index = yield* InstanceIndex
  const used = index.usageOfHost(host.hostname)
  const projects = new Map<string, Usage>()
  for (const { flavor, projectId } of index.onHost(host.hostname)) {
    const before = projects.get(projectId) ?? none
    projects.set(projectId, {
      instances: before.instances + 1,
      cores: before.cores + flavor.vcpus,
      ramMb: before.ramMb + flavor.ramMb,
      diskGb: before.diskGb + flavor.diskGb + flavor.ephemeralGb
    })
  }
  const all = [...projects.values()]
  const sum = (key: keyof Usage) => all.reduce((total, usage) => total + usage[key], 0)
  return {
    body: {
      host: [
        resource(host, "(total)", host.vcpus, host.memoryMb, host.diskGb),
        resource(host, "(used_now)", used.cores, used.ramMb + defaultRatios.reservedRamMb, used.diskGb),
        resource(host, "(used_max)", sum("cores"), sum("ramMb"), sum("diskGb")),
        ...[...projects].map(([project, usage]) => resource(host, project, usage.cores, usage.ramMb, usage.diskGb))
      ]
    }
  }
})

/** No hypervisor driver here starts, stops or evacuates its host; neither does Nova's for libvirt. */
const unsupported = (call: Call) =>
  Effect.andThen(find(call), Effect.fail(refuse("notImplemented", "The requested functionality is not supported.")))

const ability = types.oneOfTexts("enable", "disable", "Enable", "Disable", "ENABLE", "DISABLE")
const update = object([param("status", ability), param("maintenance_mode", ability)], {
  keywords: { anyOf: [{ required: ["status"] }, { required: ["maintenance_mode"] }] }
})
const ignored = object([], { open: true })
const policy = (name: string) => `os_compute_api:os-hosts:${name}`
const one = { method: "GET", path: "/os-hosts/:host", until, status: 200, query: ignored } as const
const power = (action: string, rule: string) =>
  operation({ ...one, path: `/os-hosts/:host/${action}`, policy: policy(rule), handle: unsupported })

export const routes = [
  operation({
    method: "GET", path: "/os-hosts", until, status: 200, policy: policy("list"), handle: list,
    query: query([param("zone", types.anyText)], { strictSince: until + 1 })
  }),
  operation({ ...one, policy: policy("show"), handle: show }),
  operation({ method: "PUT", path: "/os-hosts/:host", until, status: 200, body: update, policy: policy("update"), handle: unsupported }),
  power("startup", "start"),
  power("shutdown", "shutdown"),
  power("reboot", "reboot")
]
