import type { Window } from "../../Window.ts"
import { body, object, param, query } from "../Requests.ts"
import * as types from "../types.ts"
import { networkNames } from "./fields.ts"

const limit = types.integer(-1)
const limits = (names: ReadonlyArray<string>, window: Window = {}) => names.map((name) => param(name, limit, window))

const always = ["instances", "cores", "ram", "metadata_items", "key_pairs"]
const injected = ["injected_files", "injected_file_content_bytes", "injected_file_path_bytes"]
const groups = ["server_groups", "server_group_members"]

export const updateSet = body("quota_set", object([
  ...limits(always),
  ...limits(networkNames, { until: 35 }),
  ...limits(injected, { until: 56 }),
  ...limits(groups),
  param("force", types.boolean)
]))
/** Group limits were taken before they were shown. */
export const updateClass = body("quota_class_set", object([
  ...limits(always),
  ...limits(networkNames, { until: 49 }),
  ...limits(injected, { until: 56 }),
  ...limits(groups)
]))

export const ofUser = query([param("user_id", types.anyText)], { strictSince: 75 })
export const noQuery = query([], { strictSince: 102 })
