import { assert, describe, it } from "@effect/vitest"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { Filter, Order } from "../../../src/actors/instance/query.ts"
import { admits, page, statusFilter } from "../../../src/actors/instance/query.ts"
import { server } from "../../fixtures/servers.ts"

const at = (second: number) => `2026-11-22T08:00:${String(second).padStart(2, "0")}.000Z`

/** Newest first, as the index yields them. */
const four: ReadonlyArray<Instance> = [
  server({ id: "d", name: "db-2", createdAt: at(4), updatedAt: at(40), vmState: "deleted", host: null }),
  server({ id: "c", name: "db-1", createdAt: at(3), updatedAt: at(9), vmState: "stopped", tags: ["red"], keyName: "k" }),
  server({ id: "b", name: "web-2", createdAt: at(2), updatedAt: at(30), taskState: "rebooting", tags: ["red", "blue"] }),
  server({ id: "a", name: "web-1", createdAt: at(1), updatedAt: at(20), locked: { by: "admin", reason: null } })
]
const ids = (servers: ReadonlyArray<Instance> | null) => servers?.map((one) => one.id).join("") ?? "no marker"
const found = (...filters: ReadonlyArray<Filter>) => ids(four.filter((one) => filters.every((filter) => admits(filter)(one))))

describe("a list's filters", () => {
  const rows: ReadonlyArray<readonly [claim: string, filter: Filter, found: string]> = [
    ["name holds a pattern", { kind: "matches", column: "display_name", pattern: /^web/ }, "ba"],
    ["a pattern finds a piece", { kind: "matches", column: "display_name", pattern: /-1/ }, "ca"],
    ["no value matches no pattern", { kind: "matches", column: "key_name", pattern: /.*/ }, "c"],
    ["a number is matched as text", { kind: "matches", column: "power_state", pattern: /^1$/ }, "dcba"],
    ["a time is matched as SQL writes it", { kind: "matches", column: "created_at", pattern: /^2026-11-22 08:00:03/ }, "c"],
    ["one of several values", { kind: "equals", column: "uuid", oneOf: ["a", "c"] }, "ca"],
    ["locked", { kind: "equals", column: "locked", oneOf: [true] }, "a"],
    ["an address of the version", { kind: "address", patterns: [{ version: 4, pattern: /^192/ }] }, "dcba"],
    ["an address of the other version", { kind: "address", patterns: [{ version: 6, pattern: /^192/ }] }, ""],
    ["all tags", { kind: "tags", rule: "all", tags: ["red", "blue"] }, "b"],
    ["any tag", { kind: "tags", rule: "any", tags: ["red", "blue"] }, "cb"],
    ["not all tags", { kind: "tags", rule: "notAll", tags: ["red", "blue"] }, "dca"],
    ["not any tag", { kind: "tags", rule: "notAny", tags: ["red", "blue"] }, "da"],
    ["changed since, the second itself included", { kind: "changed", since: at(30) }, "db"],
    ["changed before, the second itself included", { kind: "changed", before: at(20) }, "ca"],
    ["changed between", { kind: "changed", since: at(20), before: at(30) }, "ba"],
    ["alive", { kind: "life", show: "live", withSoftDeleted: false }, "cba"],
    ["deleted", { kind: "life", show: "deleted", withSoftDeleted: true }, "d"]
  ]
  it.each(rows)("%s", (_, filter, expected) => assert.strictEqual(found(filter), expected))

  it("softly deleted servers come only when asked for", () => {
    const soft = server({ vmState: "soft-delete" })
    assert.deepStrictEqual(
      ([["live", false], ["live", true], ["deleted", true], ["deleted", false]] as const)
        .map(([show, withSoftDeleted]) => admits({ kind: "life", show, withSoftDeleted })(soft)),
      [false, true, true, false]
    )
  })
})

describe("the status filter", () => {
  const rows: ReadonlyArray<readonly [status: ReadonlyArray<string>, found: string]> = [
    [["ACTIVE"], "ba"],
    [["active"], "ba"],
    [["REBOOT"], "b"],
    [["SHUTOFF"], "c"],
    [["SHUTOFF", "ACTIVE"], "cba"],
    [["DELETED"], "d"],
    [["ERROR"], ""]
  ]
  it.each(rows)("%s", (status, expected) => assert.strictEqual(found(...statusFilter(status)!), expected))
  it("knows no other word", () => assert.isNull(statusFilter(["FOO"])))
})

describe("a page", () => {
  const live: Filter = { kind: "life", show: "live", withSoftDeleted: false }
  const order = (...orders: ReadonlyArray<readonly [Order["column"], Order["direction"]]>) =>
    orders.map(([column, direction]) => ({ column, direction }))
  const rows: ReadonlyArray<readonly [claim: string, orders: ReadonlyArray<Order>, limit: number, marker: string | null, found: string]> = [
    ["newest first", [], 9, null, "cba"],
    ["no more than its limit", [], 2, null, "cb"],
    ["none of none", [], 0, null, ""],
    ["after its marker", [], 9, "c", "ba"],
    ["after a marker that fits no more", [], 9, "d", "cba"],
    ["after the last", [], 9, "a", ""],
    ["marker unknown", [], 9, "z", "no marker"],
    ["oldest first", order(["created_at", "asc"]), 9, null, "abc"],
    ["by name", order(["display_name", "asc"]), 9, null, "cab"],
    ["by name, after a marker that fits no more", order(["display_name", "asc"]), 9, "d", "ab"],
    ["ties fall newest first when descending", order(["user_id", "desc"]), 9, null, "cba"],
    ["ties fall oldest first when ascending", order(["user_id", "asc"]), 2, "a", "bc"],
    ["without a value first", order(["key_name", "asc"]), 9, null, "abc"],
    ["two keys", order(["vm_state", "desc"], ["uuid", "asc"]), 9, null, "cab"],
    ["sorted, marker unknown", order(["uuid", "asc"]), 9, "z", "no marker"]
  ]
  it.each(rows)("%s", (_, orders, limit, marker, expected) =>
    assert.strictEqual(ids(page(four, { filters: [live], orders, limit, marker })), expected))

  it("reads no further than it must", () => {
    let read = 0
    const counted = (function*() {
      for (const one of four) {
        read++
        yield one
      }
    })()
    page(counted, { filters: [], orders: [], limit: 1, marker: null })
    assert.isAtMost(read, 2)
  })
})
