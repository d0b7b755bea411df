/** What others need of guests' NUMA topologies: what a flavor and an image ask for, whether a host holds it, and bookkeeping. */
export { claim, conflictOf, release } from "./claim.ts"
export { cpuTopologyOf } from "./cpuTopology.ts"
export { explain, leastShort } from "./explain.ts"
export { fit } from "./fit.ts"
export { hostTopologyOf } from "./hostTopologyOf.ts"
export { mayFit } from "./mayFit.ts"
export { numaOf } from "./numaOf.ts"
