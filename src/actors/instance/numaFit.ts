import { Schema } from "effect"

const Cpus = Schema.Array(Schema.Int)

/** A `FittedTopology` as messages and the journal carry it: plain JSON. */
export const NumaFit = Schema.Struct({
  cells: Schema.Array(Schema.Struct({
    guest: Schema.Struct({ id: Schema.Int, sharedCpus: Cpus, dedicatedCpus: Cpus, memoryMb: Schema.Number }),
    hostCell: Schema.Int,
    pageSizeKb: Schema.NullOr(Schema.Int),
    pins: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int])),
    reserved: Cpus,
    taken: Cpus
  }))
})
export type NumaFit = typeof NumaFit.Type
