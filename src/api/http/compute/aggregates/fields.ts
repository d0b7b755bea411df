import { type Aggregate, zoneOf } from "../../../../actors/host/Aggregate.ts"
import { isoMicros } from "../../../../actors/shared/time.ts"
import { field, renderer } from "../Fields.ts"

/** An aggregate just made shows neither hosts nor metadata. */
const inReads = { views: ["show"] }

export const fields = [
  field<Aggregate>("id", (aggregate) => aggregate.id),
  field<Aggregate>("uuid", (aggregate) => aggregate.uuid, { since: 41 }),
  field<Aggregate>("name", (aggregate) => aggregate.name),
  field<Aggregate>("hosts", (aggregate) => aggregate.hosts, inReads),
  field<Aggregate>("metadata", (aggregate) => aggregate.metadata, inReads),
  field<Aggregate>("created_at", (aggregate) => isoMicros(aggregate.createdAt)),
  field<Aggregate>("updated_at", (aggregate) => aggregate.updatedAt === null ? null : isoMicros(aggregate.updatedAt)),
  field<Aggregate>("deleted_at", () => null),
  field<Aggregate>("deleted", () => false),
  field<Aggregate>("availability_zone", zoneOf)
]
export const render = renderer(fields)
