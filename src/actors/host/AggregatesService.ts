import { Clock, Effect, Layer, Random, Result } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { type Change, Records } from "../../runtime/kernel/Records.ts"
import { uuidFrom } from "../shared/ids.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { isoOf } from "../shared/time.ts"
import {
  addHost, type Aggregate, aggregates, checkEmpty, checkMetadata, nameTaken, notFound, removeHost, type Surroundings,
  withMetadata, zoneOfHost
} from "./Aggregate.ts"
import { Aggregates } from "./AggregatesProtocol.ts"
import { hosts } from "./Host.ts"

const hostNotFound = (hostname: string) => refuse("notFound", `Compute host ${hostname} could not be found.`, "ComputeHostNotFound")

export const layer = Layer.effect(Aggregates, Effect.gen(function*() {
  const records = yield* Records
  const index = yield* InstanceIndex
  const random = yield* Random.Random
  const list = () => [...records.all(aggregates)].toSorted((a, b) => a.id - b.id)
  const around = (): Surroundings => ({ all: list(), hasServers: (hostname) => index.usageOfHost(hostname).instances > 0 })

  const get = (id: string): Result.Result<Aggregate, Refusal> => {
    const found = records.get(aggregates, String(Number(id)))
    return found === undefined ? Result.fail(notFound(id)) : Result.succeed(found)
  }
  const isTaken = (name: string, id: number) => ![undefined, id].includes(records.find(aggregates, "name", name)?.id)

  /** The aggregate as it is to be, and the hosts whose zone it changes. */
  const replacing = (before: Aggregate, after: Aggregate): ReadonlyArray<Change> => {
    const all = list().map((one) => one.id === after.id ? after : one)
    const moved = [...new Set([...before.hosts, ...after.hosts])].flatMap((hostname): ReadonlyArray<Change> => {
      const host = records.get(hosts, hostname)
      const availabilityZone = zoneOfHost(hostname, all)
      return host === undefined || host.availabilityZone === availabilityZone
        ? [] : [{ table: hosts, put: { ...host, availabilityZone }, expect: records.version(hosts, hostname) }]
    })
    return [{ table: aggregates, put: after, expect: records.version(aggregates, String(after.id)) }, ...moved]
  }

  const change = (id: string, decide: (aggregate: Aggregate) => Result.Result<Aggregate, Refusal>) =>
    decideAndWrite(records, () =>
      Result.flatMap(get(id), (before) =>
        Result.map(decide(before), (after) => ({ changes: replacing(before, after), answer: after }))))

  const create = Effect.fnUntraced(function*(name: string, zone: string | null) {
    const createdAt = isoOf(yield* Clock.currentTimeMillis)
    const uuid = uuidFrom(() => random.nextDoubleUnsafe())
    return yield* decideAndWrite(records, () => {
      const id = (list().at(-1)?.id ?? 0) + 1
      if (isTaken(name, id)) return Result.fail(nameTaken(name))
      const put: Aggregate = {
        id, uuid, name, hosts: [], metadata: zone === null ? {} : { availability_zone: zone }, createdAt, updatedAt: null
      }
      return Result.succeed({ changes: [{ table: aggregates, put, expect: "absent" as const }], answer: put })
    })
  })

  return Aggregates.of({
    list,
    get: (id) => Effect.suspend(() => Effect.fromResult(get(id))),
    create,
    update: (id, { metadata = {}, name }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        change(id, (before) =>
          name !== undefined && isTaken(name, before.id)
            ? Result.fail(nameTaken(name))
            : Result.map(checkMetadata(before, metadata, name === undefined ? "update aggregate metadata" : "update_aggregate", around()), () => ({
              ...before, name: name ?? before.name, metadata: withMetadata(before.metadata, metadata), updatedAt: isoOf(now)
            })))),
    remove: (id) =>
      decideAndWrite(records, () =>
        Result.flatMap(get(id), (aggregate) =>
          Result.map(checkEmpty(aggregate), () => ({
            changes: [{ table: aggregates, remove: String(aggregate.id), expect: records.version(aggregates, String(aggregate.id)) }],
            answer: undefined
          })))),
    addHost: (id, hostname) =>
      change(id, (aggregate) =>
        records.get(hosts, hostname) === undefined ? Result.fail(hostNotFound(hostname)) : addHost(aggregate, hostname, around())),
    removeHost: (id, hostname) =>
      change(id, (aggregate) =>
        records.get(hosts, hostname) === undefined ? Result.fail(hostNotFound(hostname)) : removeHost(aggregate, hostname, around()))
  })
}))
