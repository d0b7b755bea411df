import { Schema } from "effect"

/** Amounts by resource class, by the UUIDs of providers. */
export const Allocations = Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Int))
export type Allocations = typeof Allocations.Type
