import type { Plan } from "./run/simulate.ts"

/** Histories that once broke an invariant, and what had to be repaired. Kept, though changed sources change what a seed does. */
export const regressions: ReadonlyArray<Plan & { readonly story: string }> = [
  { seed: 133, minutes: 1, faults: "most", story: "a guest of a failed build whose clean-up had failed was left on its host for ever" },
  { seed: 139, minutes: 1, faults: "most", story: "the same, of a server that was deleted meanwhile" },
  { seed: 300, minutes: 1, faults: "most", story: "the same: a server's guest on two hosts" },
  { seed: 322, minutes: 1, faults: "most", story: "the same, of a server in ERROR" },
  { seed: 343, minutes: 1, faults: "most", story: "shards whose lock was granted in an answer that was lost were nobody's" },
  { seed: 152, minutes: 1, faults: "most", story: "a runner's projections stood still" },
  {
    seed: 11, minutes: 1, durability: "replica",
    faults: ["failover", "replicaLag", "partition", "freeze", "crash", "breaks", "stalls", "hostFails"],
    story: "a runner that had seen commits which a failover lost said so and never ended"
  }
]
