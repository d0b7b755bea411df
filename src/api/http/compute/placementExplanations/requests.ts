import { Limits } from "../../../../runtime/Limits.ts"
import { object, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const id = types.text({ min: 1, max: 255 })
const amount = { type: "number" }
const flag = { type: "boolean" }

/** A premise as an earlier answer showed it. */
const premise = {
  type: "object",
  properties: {
    host: types.hostname, up: flag, disabled: flag, instances: amount, vcpus_used: amount, ram_used_mb: amount, disk_used_gb: amount
  },
  required: ["host", "up", "disabled", "instances", "vcpus_used", "ram_used_mb", "disk_used_gb"],
  additionalProperties: false
}

/** One of them. */
export const whatIf = object([
  param("boot", object([
    param("flavor", id, { required: true }),
    param("image", types.nullable(id)),
    param("availability_zone", types.nullable(id)),
    param("count", types.integer(1, Limits.serversPerRequestMax)),
    param("group_policy", types.oneOfTexts("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"))
  ])),
  param("migrate", object([param("server", id, { required: true }), param("host", types.nullable(types.hostname))])),
  param("resize", object([param("server", id, { required: true }), param("flavor", id, { required: true }), param("same_host", types.boolean)])),
  param("replay", object([param("server", id, { required: true }), param("request", id)])),
  param("drain", object([
    param("host", types.hostname, { required: true }),
    param("premises", { type: "array", items: premise, maxItems: Limits.premisesMax })
  ]))
])

const move = { type: "object", properties: { server: id, to: types.hostname }, required: ["server", "to"], additionalProperties: false }

/** A plan as the answer to a dry run showed it. */
export const drain = object([
  param("drain", object([
    param("at", id, { required: true }),
    param("host", types.hostname, { required: true }),
    param("moves", { type: "array", items: move, maxItems: Limits.premisesMax }, { required: true }),
    param("premises", { type: "array", items: premise, maxItems: Limits.premisesMax }, { required: true }),
    param("stuck", { type: "array", maxItems: Limits.premisesMax }),
    param("changed", { type: "array", maxItems: Limits.premisesMax }),
    param("can_be_emptied", flag),
    param("at_once", types.integer(1, Limits.drainMovesMax))
  ]), { required: true })
])

export const none = query([], { strictSince: 0 })
