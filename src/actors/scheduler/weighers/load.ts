import type { HostState } from "../HostState.ts"
import type { HostWeigher } from "../Weigher.ts"

const load = (name: string, metadataKey: string | null, multiplier: number, floor: number | null, weigh: (host: HostState) => number): HostWeigher =>
  ({ reads: "host", name, multiplier, metadataKey, floor, weigh })

/** Away from hosts with tasks in flight. */
export const ioOps = load("IoOpsWeigher", "io_ops_weight_multiplier", -1, 0, (host) => host.ioOps)
/** Off, unless somebody wants hosts with many servers (positive) or few (negative). */
export const numInstances = load("NumInstancesWeigher", "num_instances_weight_multiplier", 0, null, (host) => host.instances)
/** Far away from hosts whose builds fail. */
export const buildFailure = load("BuildFailureWeigher", "build_failure_weight_multiplier", 1_000_000, null, (host) => -host.failedBuilds)
/** There is one cell. */
export const crossCell = load("CrossCellWeigher", "cross_cell_move_weight_multiplier", 1_000_000, null, () => 0)
/** To the newest hypervisors. */
export const hypervisorVersion = load(
  "HypervisorVersionWeigher", "hypervisor_version_weight_multiplier", 1, null, (host) => host.hypervisorVersion
)

/** More of them are as good as so many. */
const devicesMax = 100
/** Hosts with few PCI devices first: those that have them are kept for who needs them. */
export const pci = load(
  "PCIWeigher", "pci_weight_multiplier", 1, 0, (host) => devicesMax - Math.min(host.devices.free.length, devicesMax - 1)
)
