/** What operators ask of a running cloud, and how it is printed. What cannot be done ends with exit code 1. */
import { Console, Effect, Schema } from "effect"
import { answerOf } from "./cloudClient.ts"
import { flavorId, serverId } from "./named.ts"
import { cannotStart, type StartError } from "./StartError.ts"

/** Where the cloud is, and how its answers are printed. */
export interface Asking {
  readonly dataDir: string
  readonly isJson: boolean
}
export type Command = Effect.Effect<void, StartError>

const Placement = Schema.Struct({
  at: Schema.String,
  placed: Schema.optionalKey(Schema.Struct({ host: Schema.String })),
  refused: Schema.optionalKey(Schema.Unknown),
  text: Schema.String
})
const Explained = Schema.Struct({ placement_explanations: Schema.Array(Schema.Struct({ server_id: Schema.String, text: Schema.String })) })
const Room = Schema.Struct({
  boot: Schema.Struct({
    ...Placement.fields,
    capacity: Schema.Array(Schema.Struct({ zone: Schema.String, servers: Schema.Int, hosts: Schema.Int })),
    counted: Schema.Boolean
  })
})
const Several = Schema.Struct({
  boot: Schema.Struct({
    ...Placement.fields,
    count: Schema.Int,
    placed_count: Schema.Int,
    hosts: Schema.Array(Schema.Struct({ host: Schema.String, servers: Schema.Int }))
  })
})
const Migrated = Schema.Struct({ migrate: Placement })
const Resized = Schema.Struct({ resize: Placement })

/** Prints, and fails with what is wrong, so that a script sees it by the exit code. */
export const print = ({ isJson }: Asking, raw: unknown, lines: ReadonlyArray<string>, wrong: string | null = null): Command =>
  Effect.andThen(
    Console.log(isJson ? JSON.stringify(raw, null, 2) : lines.join("\n")),
    wrong === null ? Effect.void : Effect.fail(cannotStart(wrong))
  )

export const servers = (count: number): string => `${count} server${count === 1 ? "" : "s"}`

/** `given`: the id or the name of a server, or the id of a request. */
export const explain = (given: string, asking: Asking): Command =>
  Effect.flatMap(
    Effect.flatMap(serverId(given, asking.dataDir), (id) => answerOf(Explained, { path: `/os-placement-explanations/${encodeURIComponent(id)}` }, asking.dataDir)),
    ({ raw, read }) => print(asking, raw, read.placement_explanations.map((one) => `server ${one.server_id}\n${one.text}`))
  )

export const whatIf = <A, I>(schema: Schema.Codec<A, I>, body: object, { dataDir }: Asking) =>
  answerOf(schema, { path: "/os-placement-explanations/what-if", body }, dataDir)

const Replayed = Schema.Struct({
  replay: Schema.Struct({ same: Schema.Boolean, changed: Schema.Array(Schema.String), before: Placement, now: Placement })
})

/** The last decision on a server, once more. */
export const replay = (given: string, asking: Asking): Command =>
  Effect.flatMap(Effect.flatMap(serverId(given, asking.dataDir), (server) => whatIf(Replayed, { replay: { server } }, asking)), ({ raw, read: { replay: { before, changed, now, same } } }) =>
    print(asking, raw, [
      `then, ${before.text}`, "", `now, ${now.text}`, "",
      same ? "the same would come of it" : "something else would come of it", ...changed.map((one) => `  ${one}`)
    ]))

/** With the flavor's id in place of its name. */
const resolved = <A extends { readonly flavor: string }>(asked: A, { dataDir }: Asking) =>
  Effect.map(flavorId(asked.flavor, dataDir), (flavor) => ({ ...asked, flavor }))

/** What servers would be made of. */
export interface Boot {
  readonly flavor: string
  readonly image?: string
  readonly availability_zone?: string
}

export const roomFor = (asked: Boot, asking: Asking): Command =>
  Effect.flatMap(Effect.flatMap(resolved(asked, asking), (boot) => whatIf(Room, { boot }, asking)), ({ raw, read: { boot: { at, capacity, counted, text } } }) =>
    print(asking, raw, capacity.length === 0 ? [text] : [
      `at ${at}`,
      ...capacity.map(({ hosts, servers: more, zone }) => `zone ${zone}: ${counted ? "" : "at least "}${more} more, on ${hosts} hosts`)
    ]))

export const planBoot = (asked: Boot & { readonly count: number; readonly group_policy?: string }, asking: Asking): Command =>
  Effect.flatMap(Effect.flatMap(resolved(asked, asking), (boot) => whatIf(Several, { boot }, asking)), ({ raw, read: { boot: { at, count, hosts, placed_count, text } } }) =>
    placed_count === count
      ? print(asking, raw, [`at ${at}: all of ${servers(count)} fit`, ...hosts.map((one) => `  ${one.host}: ${one.servers}`)])
      : print(asking, raw, [text], `${placed_count} of ${servers(count)} would find a place, and then none is made`))

const isRefused = ({ refused }: typeof Placement.Type): boolean => refused !== undefined

export const planMigrate = (migrate: { readonly server: string; readonly host?: string }, asking: Asking): Command =>
  Effect.flatMap(Effect.flatMap(serverId(migrate.server, asking.dataDir), (server) => whatIf(Migrated, { migrate: { ...migrate, server } }, asking)), ({ raw, read }) =>
    print(asking, raw, [read.migrate.text], isRefused(read.migrate) ? `server ${migrate.server} would find no place` : null))

export const planResize = (resize: { readonly server: string; readonly flavor: string; readonly same_host: boolean }, asking: Asking): Command =>
  Effect.flatMap(Effect.flatMap(
    Effect.zip(resolved(resize, asking), serverId(resize.server, asking.dataDir)),
    ([asked, server]) => whatIf(Resized, { resize: { ...asked, server } }, asking)
  ), ({ raw, read }) =>
    print(asking, raw, [read.resize.text], isRefused(read.resize) ? `server ${resize.server} would find no place with flavor ${resize.flavor}` : null))
