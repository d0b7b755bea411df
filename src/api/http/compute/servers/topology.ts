import { Effect, Result } from "effect"
import { domainHardware } from "../../../../actors/host/domainHardware.ts"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import type { NumaFit } from "../../../../actors/instance/numaFit.ts"
import { numaOf } from "../../../../actors/placement/numa/Numa.ts"
import type { Call } from "../Call.ts"
import { type Operation, operation } from "../Operations.ts"
import { findServer, type Handling, type Needs } from "./asking.ts"
import { none } from "./queries.ts"

type Cell = Pick<NumaFit["cells"][number], "guest" | "hostCell" | "pins" | "pageSizeKb">

/** Of a server that is on no host yet, what it asks for: nothing is pinned. */
const asked = ({ flavor, imageProperties }: Instance): ReadonlyArray<Cell> => {
  const guest = Result.getOrElse(numaOf(flavor, imageProperties), () => null)
  if (guest === null) return []
  const pageSizeKb = typeof guest.pageSize === "number" ? guest.pageSize : null
  return guest.cells.map((cell) => ({ guest: cell, hostCell: cell.id, pins: [], pageSizeKb }))
}

const cpusOf = ({ guest }: Cell) => [...guest.sharedCpus, ...guest.dedicatedCpus].sort((a, b) => a - b)

/** The CPUs that the guest takes for threads of one core; without hyperthreads there are none. */
const siblingsOf = (cpus: ReadonlyArray<number>, threads: number): ReadonlyArray<ReadonlyArray<number>> =>
  threads < 2 ? [] : Array.from({ length: Math.floor(cpus.length / threads) }, (_, core) => cpus.slice(core * threads, (core + 1) * threads))

const hostPolicy = "compute:server:topology:host:index"

const topology = (call: Call, server: Instance): Handling => {
  const cells = server.numa?.cells ?? asked(server)
  const threads = domainHardware(server, undefined).cpuTopology?.threads ?? 1
  const showsHost = call.allows(hostPolicy, server)
  const nodes = cells.map((cell) => ({
    ...(showsHost ? { cpu_pinning: Object.fromEntries(cell.pins), host_node: cell.hostCell } : {}),
    memory_mb: cell.guest.memoryMb,
    siblings: siblingsOf(cpusOf(cell), threads),
    vcpu_set: cpusOf(cell)
  }))
  return Effect.succeed({ body: { nodes, pagesize_kb: cells.findLast(({ pageSizeKb }) => pageSizeKb !== null)?.pageSizeKb ?? null } })
}

/** The server's NUMA nodes; where they lie on the host is for administrators. */
export const topologyRoutes: ReadonlyArray<Operation<Needs>> = [
  operation<Needs, Instance>({
    since: 78, method: "GET", path: "/servers/:id/topology", status: 200, query: none, policy: "compute:server:topology:index",
    find: findServer, handle: topology
  })
]
