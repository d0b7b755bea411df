import { body, object, param } from "../Requests.ts"
import * as types from "../types.ts"

/** Free words, each any number of times. */
const words = (...keys: ReadonlyArray<string>) => keys.map((key) => param(key, {}))
const count: types.JsonSchema = {
  type: "array", items: { type: "string", pattern: types.pattern("^[0-9]*$"), bounds: { min: 1 }, minLength: 1 }
}
const counts = (...keys: ReadonlyArray<string>) => keys.map((key) => param(key, count))

export const list = object([
  ...words("name", "status", "changes-since", "server", "type", "minRam", "minDisk", "marker"),
  ...counts("limit", "page_size", "offset")
], { open: true })
export const ignored = object([], { open: true })

export const metadata = body("metadata", types.metadata)
export const oneItem = body("meta", { ...types.metadata, minProperties: 1, maxProperties: 1 })
