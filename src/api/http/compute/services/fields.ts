import type { ComputeService } from "../../../../actors/host/computeServices.ts"
import { isoMicros } from "../../../../actors/shared/time.ts"
import { field, renderer } from "../Fields.ts"

export const fields = [
  field<ComputeService>("binary", (service) => service.binary),
  field<ComputeService>("host", (service) => service.host),
  field<ComputeService>("id", (service) => service.number, { until: 52 }),
  field<ComputeService>("id", (service) => service.id, { since: 53 }),
  field<ComputeService>("zone", (service) => service.zone),
  field<ComputeService>("status", (service) => service.isDisabled ? "disabled" : "enabled"),
  field<ComputeService>("state", (service) => service.isUp ? "up" : "down"),
  field<ComputeService>("updated_at", (service) => service.updatedAt === null ? null : isoMicros(service.updatedAt)),
  field<ComputeService>("disabled_reason", (service) => service.disabledReason),
  field<ComputeService>("forced_down", (service) => service.isForcedDown, { since: 11 })
]
export const render = renderer(fields)
