/** What happens to hosts between one placement and the next, beside servers that come and go. */
import type { HostState } from "../../src/actors/scheduler/HostState.ts"
import type { HostTable } from "../../src/actors/scheduler/HostTable.ts"

/** Tasks take as long as so many placements. */
const taskPlacements = 32
/** Tasks of other servers (a reboot, a snapshot) for each placement. */
const otherTasks = 2
/** One placement in so many sees a host switched off or on; one whose CPUs are promised otherwise; a burst over a hundredth of the hosts. */
const switchedOneIn = 100
const resizedOneIn = 200
const burstOneIn = 1000

type Change = (host: HostState) => HostState

const tasks = (more: number): Change => (host) => ({ ...host, ioOps: host.ioOps + more })
const switched: Change = (host) => ({ ...host, isDisabled: !host.isDisabled })
const resized: Change = (host) => ({ ...host, vcpuCapacity: host.vcpuCapacity === host.vcpus * 16 ? host.vcpus * 8 : host.vcpus * 16 })
/** As a feed that catches up says once more what is known. */
const repeated: Change = (host) => ({ ...host })

/** Of the hosts, how many may be switched off at once. */
const offShare = 0.01

/** Called after each placement. */
export const happenings = (table: HostTable, hostnames: ReadonlyArray<string>, draw: (below: number) => number) => {
  const inFlight: Array<string> = []
  const off: Array<string> = []
  const change = (hostname: string, how: Change) => table.put(how(table.get(hostname)!))
  const any = () => hostnames[draw(hostnames.length)]!
  return (placedOn: string): void => {
    for (const hostname of [placedOn, ...Array.from({ length: otherTasks }, any)]) {
      change(hostname, tasks(1))
      inFlight.push(hostname)
    }
    while (inFlight.length > taskPlacements * (1 + otherTasks)) change(inFlight.shift()!, tasks(-1))
    if (draw(switchedOneIn) === 0) {
      const hostname = any()
      off.push(hostname)
      change(hostname, switched)
      if (off.length > hostnames.length * offShare) change(off.shift()!, switched)
    }
    if (draw(resizedOneIn) === 0) change(any(), resized)
    if (draw(burstOneIn) === 0) for (let at = 0; at < hostnames.length / 100; at++) change(any(), repeated)
  }
}
