/** Groups of hosts as administrators make them. One of the metadata, `availability_zone`, is the zone of its hosts. */
import { Result } from "effect"
import { type Refusal, refuse } from "../shared/Refusal.ts"

export type Aggregate = {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly hosts: ReadonlyArray<string>
  readonly metadata: { readonly [key: string]: string }
  readonly createdAt: string
  readonly updatedAt: string | null
}

export const aggregates = {
  type: "aggregate",
  key: (aggregate: Aggregate): string => String(aggregate.id),
  unique: { name: (aggregate: Aggregate): string => aggregate.name }
}

/** The zone of a host that no aggregate puts into another. */
const usualZone = "nova"
const zoneKey = "availability_zone"
export const zoneOf = ({ metadata }: Aggregate): string | null => metadata[zoneKey] ?? null

/** The zone a host is in, by all the aggregates there are. */
export const zoneOfHost = (hostname: string, all: Iterable<Aggregate>): string => {
  for (const aggregate of all) {
    const zone = zoneOf(aggregate)
    if (zone !== null && aggregate.hosts.includes(hostname)) return zone
  }
  return usualZone
}

export const notFound = (id: string): Refusal => refuse("notFound", `Aggregate ${id} could not be found.`, "AggregateNotFound")
export const nameTaken = (name: string): Refusal => refuse("conflict", `Aggregate ${name} already exists.`, "AggregateNameExists")
const cannot = (action: string, { id }: Pick<Aggregate, "id">, reason: string): Refusal =>
  refuse("badRequest", `Cannot perform action '${action}' on aggregate ${id}. Reason: ${reason}.`, "InvalidAggregateAction")

/** `null` as a value removes a key. */
export type MetadataChange = { readonly [key: string]: string | null }
export const withMetadata = (metadata: Aggregate["metadata"], change: MetadataChange): Aggregate["metadata"] =>
  Object.fromEntries(Object.entries({ ...metadata, ...change }).filter((entry): entry is [string, string] => entry[1] !== null))

/** What a rule must know of the cloud. */
export interface Surroundings {
  readonly all: Iterable<Aggregate>
  readonly hasServers: (hostname: string) => boolean
}

/** May these hosts of the aggregate be in this zone? A host is in one zone, and its servers stay in theirs. */
const checkZone = (
  aggregate: Aggregate, hosts: ReadonlyArray<string>, zone: string, action: string, { all, hasServers }: Surroundings
): Result.Result<void, Refusal> => {
  const others = [...all].filter((other) => other.id !== aggregate.id)
  const conflicting = others.flatMap((other) => {
    const own = zoneOf(other)
    return own !== null && own !== zone && hosts.some((host) => other.hosts.includes(host)) ? [own] : []
  })
  if (conflicting.length > 0) {
    return Result.fail(cannot(action, aggregate, `One or more hosts already in availability zone(s) ${[...new Set(conflicting)].join(", ")}`))
  }
  const moved = hosts.filter((host) => zoneOfHost(host, all) !== zone)
  return moved.some(hasServers)
    ? Result.fail(cannot(action, aggregate, "One or more hosts contain instances in this zone"))
    : Result.void
}

const inConflict = (refusal: Refusal): Refusal => refuse("conflict", refusal.message, refusal.code ?? "InvalidAggregateAction")

export const checkMetadata = (
  aggregate: Aggregate, change: MetadataChange, action: string, surroundings: Surroundings
): Result.Result<void, Refusal> => {
  const zone = change[zoneKey]
  if (!Object.hasOwn(change, zoneKey)) return Result.void
  if (!zone) return Result.fail(cannot(action, aggregate, "Aggregate does not support an empty named availability zone"))
  return checkZone(aggregate, aggregate.hosts, zone, action, surroundings)
}

export const addHost = (aggregate: Aggregate, hostname: string, surroundings: Surroundings): Result.Result<Aggregate, Refusal> => {
  const zone = zoneOf(aggregate)
  const mayBeThere = zone === null ? Result.void : checkZone(aggregate, [hostname], zone, "add_host_to_aggregate", surroundings)
  if (Result.isFailure(mayBeThere)) return Result.fail(inConflict(mayBeThere.failure))
  return aggregate.hosts.includes(hostname)
    ? Result.fail(refuse("conflict", `Aggregate ${aggregate.id} already has host ${hostname}.`, "AggregateHostExists"))
    : Result.succeed({ ...aggregate, hosts: [...aggregate.hosts, hostname] })
}

export const removeHost = (aggregate: Aggregate, hostname: string, { all, hasServers }: Surroundings): Result.Result<Aggregate, Refusal> => {
  if (!aggregate.hosts.includes(hostname)) {
    return Result.fail(refuse("notFound", `Aggregate ${aggregate.id} has no host ${hostname}.`, "AggregateHostNotFound"))
  }
  const after = { ...aggregate, hosts: aggregate.hosts.filter((host) => host !== hostname) }
  const others = [...all].map((other) => other.id === after.id ? after : other)
  return zoneOfHost(hostname, all) !== zoneOfHost(hostname, others) && hasServers(hostname)
    ? Result.fail(inConflict(cannot("remove_host_from_aggregate", aggregate, "One or more hosts contain instances in this zone")))
    : Result.succeed(after)
}

export const checkEmpty = (aggregate: Aggregate): Result.Result<void, Refusal> =>
  aggregate.hosts.length === 0 ? Result.void : Result.fail(cannot("delete", aggregate, "Host aggregate is not empty"))
