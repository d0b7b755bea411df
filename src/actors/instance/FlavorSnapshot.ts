import { Schema } from "effect"

/** The flavor as it was when the server was made: later changes of the flavor do not reach it. */
export const FlavorSnapshot = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  vcpus: Schema.Int,
  ramMb: Schema.Int,
  diskGb: Schema.Int,
  ephemeralGb: Schema.Int,
  swapMb: Schema.Int,
  extraSpecs: Schema.Record(Schema.String, Schema.String)
})
export type FlavorSnapshot = typeof FlavorSnapshot.Type
