/** What must hold of a cloud however its last process ended, seen from outside through the public API. */
import { Effect } from "effect"
import type { Api } from "../fixtures/api.ts"
import { at, items, text } from "../fixtures/json.ts"

export interface Server {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly task: unknown
  readonly addresses: ReadonlyArray<string>
  readonly fault: unknown
  readonly vcpus: number
  readonly memoryMb: number
}

export interface Sight {
  readonly servers: ReadonlyArray<Server>
  /** What the project has used of its quota. */
  readonly quota: { readonly instances: unknown; readonly cores: unknown; readonly memoryMb: unknown }
  /** Ports that servers hold: the server, and the address. */
  readonly ports: ReadonlyArray<{ readonly server: string; readonly address: string }>
  /** Over all hosts. */
  readonly hosts: { readonly servers: number; readonly vcpus: number; readonly memoryMb: number }
}

const serverOf = (json: unknown): Server => ({
  id: text(json, "id"),
  name: text(json, "name"),
  status: text(json, "status"),
  task: at(json, "OS-EXT-STS:task_state"),
  addresses: Object.values((at(json, "addresses") ?? {}) as Record<string, unknown>)
    .flatMap((list) => items(list).map((one) => text(one, "addr"))),
  fault: at(json, "fault.message"),
  vcpus: Number(at(json, "flavor.vcpus")),
  memoryMb: Number(at(json, "flavor.ram"))
})

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, number) => total + number, 0)

export const look = (api: Api): Effect.Effect<Sight, Error> =>
  Effect.gen(function*() {
    const servers = items(yield* api.get("/compute/v2.1/servers/detail"), "servers").map(serverOf)
    const limits = at(yield* api.get("/compute/v2.1/limits"), "limits.absolute")
    const ports = items(yield* api.get("/network/v2.0/ports"), "ports").filter((port) => at(port, "device_id") !== "")
    // The newest version that shows what hosts use.
    const hypervisors = items(yield* api.get("/compute/v2.1/os-hypervisors/detail", "2.87"), "hypervisors")
    const total = (key: string) => sum(hypervisors.map((host) => Number(at(host, key))))
    return {
      servers,
      quota: {
        instances: at(limits, "totalInstancesUsed"), cores: at(limits, "totalCoresUsed"), memoryMb: at(limits, "totalRAMUsed")
      },
      ports: ports.map((port) => ({ server: text(port, "device_id"), address: text(port, "fixed_ips.0.ip_address") })),
      hosts: { servers: total("running_vms"), vcpus: total("vcpus_used"), memoryMb: total("memory_mb_used") }
    }
  })

export const isSettled = ({ servers }: Sight): boolean =>
  servers.every(({ status, task }) => task === null && status !== "BUILD")

const same = (what: string, actual: unknown, expected: unknown): ReadonlyArray<string> =>
  JSON.stringify(actual) === JSON.stringify(expected)
    ? []
    : [`${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`]

/** Hosts keep some memory for themselves: what they use without any server is no use of servers. */
export const beyond = (sight: Sight, empty: Sight): Sight["hosts"] => ({
  servers: sight.hosts.servers - empty.hosts.servers,
  vcpus: sight.hosts.vcpus - empty.hosts.vcpus,
  memoryMb: sight.hosts.memoryMb - empty.hosts.memoryMb
})

/** Every broken promise of a settled cloud; `empty` is the same cloud before any server. */
export const broken = (sight: Sight, empty: Sight): ReadonlyArray<string> => {
  const { ports, quota, servers } = sight
  const hosts = beyond(sight, empty)
  const placed = servers.filter(({ status }) => status !== "ERROR")
  const usage = (of: ReadonlyArray<Server>) => ({
    vcpus: sum(of.map(({ vcpus }) => vcpus)),
    memoryMb: sum(of.map(({ memoryMb }) => memoryMb))
  })
  return [
    ...same("quota", quota, {
      instances: servers.length, cores: usage(servers).vcpus, memoryMb: usage(servers).memoryMb
    }),
    ...same("hosts' use", { vcpus: hosts.vcpus, memoryMb: hosts.memoryMb }, usage(placed)),
    ...ports
      .filter(({ server }) => !servers.some(({ id }) => id === server))
      .map(({ address, server }) => `port ${address} is held by ${server}, which does not exist`),
    ...servers.flatMap(({ addresses, fault, id, status }) => [
      ...(status === "ACTIVE"
        ? same(`addresses of ${id}`, addresses, ports.filter(({ server }) => server === id).map(({ address }) => address))
        : []),
      ...(status === "ACTIVE" && addresses.length !== 1 ? [`${id} has ${addresses.length} addresses`] : []),
      ...(status === "ERROR" && typeof fault !== "string" ? [`${id} is in ERROR and does not say why`] : []),
      ...(["ACTIVE", "ERROR"].includes(status) ? [] : [`${id} ends as ${status}`])
    ])
  ]
}
