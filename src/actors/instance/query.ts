import type { Instance } from "./Instance.ts"
import { statesOf, TaskState, type VmState } from "./states.ts"

type Cell = string | number | boolean | null

/** What a server can be filtered and sorted by, under Nova's column names. */
const columns = {
  access_ip_v4: (server) => server.accessIpV4,
  access_ip_v6: (server) => server.accessIpV6,
  auto_disk_config: (server) => server.diskConfig === "AUTO",
  availability_zone: (server) => server.availabilityZone,
  config_drive: (server) => server.configDrive ? "True" : "",
  created_at: (server) => databaseTime(server.createdAt),
  display_description: (server) => server.description,
  display_name: (server) => server.name,
  host: (server) => server.host,
  hostname: (server) => server.hostname,
  image_ref: (server) => server.imageId ?? "",
  instance_type_id: (server) => server.flavor.id,
  kernel_id: (server) => server.imageProperties["kernel_id"] ?? "",
  key_name: (server) => server.keyName,
  launch_index: (server) => server.launchIndex,
  launched_at: (server) => databaseTime(server.launchedAt),
  locked: (server) => server.locked !== null,
  locked_by: (server) => server.locked?.by ?? null,
  node: (server) => server.host,
  power_state: (server) => server.powerState,
  progress: () => 0,
  project_id: (server) => server.projectId,
  ramdisk_id: (server) => server.imageProperties["ramdisk_id"] ?? "",
  reservation_id: (server) => server.reservationId,
  root_device_name: (server) => rootDeviceName(server),
  task_state: (server) => server.taskState,
  terminated_at: (server) => databaseTime(server.terminatedAt),
  updated_at: (server) => databaseTime(server.updatedAt),
  user_id: (server) => server.userId,
  uuid: (server) => server.id,
  vm_state: (server) => server.vmState
} as const satisfies Record<string, (server: Instance) => Cell>
export type Column = keyof typeof columns

export const isColumn = (name: string): name is Column => Object.hasOwn(columns, name)

/** The disk a guest boots from; known once a host has it. */
export const rootDeviceName = (server: Instance): string | null => server.host === null ? null : "/dev/vda"

/** As SQL writes a time: what a pattern on a time column is matched against. */
const databaseTime = (iso: string | null): string | null =>
  iso === null ? null : `${iso.slice(0, 10)} ${iso.slice(11, 23)}000`

/** One condition of a list; a list has all of them. */
export type Filter =
  | { readonly kind: "equals"; readonly column: Column; readonly oneOf: ReadonlyArray<Cell> }
  | { readonly kind: "matches"; readonly column: Column; readonly pattern: RegExp }
  | { readonly kind: "address"; readonly patterns: ReadonlyArray<{ readonly version: 4 | 6; readonly pattern: RegExp }> }
  | { readonly kind: "tags"; readonly rule: TagRule; readonly tags: ReadonlyArray<string> }
  /** Bounds of the last change, ISO 8601, inclusive. */
  | { readonly kind: "changed"; readonly since?: string; readonly before?: string }
  | { readonly kind: "life"; readonly show: "live" | "deleted"; readonly withSoftDeleted: boolean }

/** Nova's four: has all, has any, lacks one of them, lacks all. */
export type TagRule = "all" | "any" | "notAll" | "notAny"

const hasTags: { readonly [Rule in TagRule]: (own: ReadonlyArray<string>, tags: ReadonlyArray<string>) => boolean } = {
  all: (own, tags) => tags.every((tag) => own.includes(tag)),
  any: (own, tags) => tags.some((tag) => own.includes(tag)),
  notAll: (own, tags) => !tags.every((tag) => own.includes(tag)),
  notAny: (own, tags) => !tags.some((tag) => own.includes(tag))
}

const isShown = (filter: Extract<Filter, { kind: "life" }>, vmState: VmState): boolean =>
  vmState === "soft-delete"
    ? filter.withSoftDeleted
    : (vmState === "deleted") === (filter.show === "deleted")

/** The test a filter means. */
export const admits = (filter: Filter): (server: Instance) => boolean => {
  switch (filter.kind) {
    case "equals": {
      const column = columns[filter.column]
      return (server) => filter.oneOf.includes(column(server))
    }
    case "matches": {
      const column = columns[filter.column]
      return (server) => {
        const cell = column(server)
        return cell !== null && filter.pattern.test(textOf(cell))
      }
    }
    case "address":
      return (server) =>
        server.nics.some((nic) =>
          nic.fixedIps.some((ip) =>
            filter.patterns.some(({ pattern, version }) => ip.version === version && pattern.test(ip.address))
          )
        )
    case "tags":
      return (server) => hasTags[filter.rule](server.tags, filter.tags)
    case "changed":
      return (server) =>
        (filter.since === undefined || server.updatedAt >= filter.since) &&
        (filter.before === undefined || server.updatedAt <= filter.before)
    case "life":
      return (server) => isShown(filter, server.vmState)
  }
}
const textOf = (cell: Exclude<Cell, null>): string => typeof cell === "boolean" ? (cell ? "1" : "0") : String(cell)

/**
 * What a `status` filter means: Nova turns the words into vm_states and task_states and then asks for the states
 * alone, so `ACTIVE` also finds a server that is being rebooted. `null`: no such status.
 */
export const statusFilter = (statuses: ReadonlyArray<string>): ReadonlyArray<Filter> | null => {
  const states = statuses.flatMap((status) => statesOf(status))
  if (states.length === 0) return null
  const vmStates: Filter = { kind: "equals", column: "vm_state", oneOf: [...new Set(states.map((state) => state.vmState))] }
  if (states.some((state) => state.isDefault)) return [vmStates]
  const tasks = TaskState.literals.filter((task) => states.some((state) => state.tasks.includes(task)))
  return [vmStates, { kind: "equals", column: "task_state", oneOf: tasks }]
}

/** How a list is ordered: ties fall to the order of creation, in the direction of the first key. */
export interface Order {
  readonly column: Column
  readonly direction: "asc" | "desc"
}

/** Without a value comes first, as in SQL. */
const compareCells = (a: Cell, b: Cell): number =>
  a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1

const compare = (orders: ReadonlyArray<Order>) => (a: Instance, b: Instance): number => {
  for (const { column, direction } of orders) {
    const sign = compareCells(columns[column](a), columns[column](b))
    if (sign !== 0) return direction === "asc" ? sign : -sign
  }
  return 0
}

export interface Query {
  readonly filters: ReadonlyArray<Filter>
  /** Empty: newest first. */
  readonly orders: ReadonlyArray<Order>
  readonly limit: number
  /** The last server of the page before. */
  readonly marker: string | null
}

/**
 * One page of servers that come newest first. In that order it reads no further than the page; in any other it must
 * see them all. A marker that fits the filters no more still marks its place. `null`: the marker is not there.
 */
export const page = (servers: Iterable<Instance>, query: Query): ReadonlyArray<Instance> | null => {
  const tests = query.filters.map(admits)
  const fits = (server: Instance) => tests.every((test) => test(server))
  const first = query.orders[0]
  const isNewestFirst = first === undefined || (first.column === "created_at" && first.direction === "desc")
  return isNewestFirst
    ? readPage(servers, fits, query)
    : cutPage(sorted(servers, (server) => server.id === query.marker || fits(server), query.orders), fits, query)
}

const readPage = (
  servers: Iterable<Instance>,
  fits: (server: Instance) => boolean,
  { limit, marker }: Query
): ReadonlyArray<Instance> | null => {
  const found: Array<Instance> = []
  let isPastMarker = marker === null
  for (const server of servers) {
    if (!isPastMarker) isPastMarker = server.id === marker
    else if (found.length >= limit) break
    else if (fits(server)) found.push(server)
  }
  return isPastMarker ? found : null
}

const sorted = (
  servers: Iterable<Instance>,
  wanted: (server: Instance) => boolean,
  orders: ReadonlyArray<Order>
): Array<Instance> => {
  const found: Array<Instance> = []
  for (const server of servers) if (wanted(server)) found.push(server)
  if (orders[0]!.direction === "asc") found.reverse()
  return found.sort(compare(orders))
}

const cutPage = (
  servers: ReadonlyArray<Instance>,
  fits: (server: Instance) => boolean,
  { limit, marker }: Query
): ReadonlyArray<Instance> | null => {
  if (marker === null) return servers.slice(0, limit)
  const at = servers.findIndex((server) => server.id === marker)
  return at < 0 ? null : servers.slice(at + 1).filter(fits).slice(0, limit)
}
