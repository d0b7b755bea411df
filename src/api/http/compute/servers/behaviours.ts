import type { Window } from "../../Window.ts"

/** What changed between versions and is no field of a request or an answer. */
export const behaviours = {
  /** A server without a description of its own is described by its name. */
  describesByName: { until: 18 },
  /** The actions of a deleted server can still be read. */
  keepsDeletedActions: { since: 21 },
  splitsTags: { since: 26 },
  /** A status nobody knows is 400; before, it found nothing. */
  refusesUnknownStatus: { since: 38 },
  /** The events of an action are shown to its owner, without the hypervisor's own words. */
  showsOwnEvents: { since: 51 },
  pagesActions: { since: 58 },
  sortsByLocked: { since: 73 },
  /** Before, whatever the body of a lock holds is no reason. */
  locksWithReason: { since: 73 }
} as const satisfies Record<string, Window>

/** What Nova lets anybody filter by, and since when; other filters are for administrators and dropped for the rest. */
export const openFilters: ReadonlyArray<Window & { readonly names: ReadonlyArray<string> }> = [
  { names: ["reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants"] },
  { since: 5, names: ["ip6"] },
  { since: 26, names: ["tags", "tags-any", "not-tags", "not-tags-any"] },
  { since: 66, names: ["changes-before"] },
  { since: 73, names: ["locked"] },
  {
    since: 83,
    names: [
      "availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state",
      "task_state", "vm_state", "progress", "user_id"
    ]
  },
  { since: 90, names: ["hostname"] }
]
