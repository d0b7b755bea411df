/** What must hold of a cluster at rest, whatever died before: every broken promise as a sentence. */
import { diskGbOf, isLive } from "../../src/actors/instance/Instance.ts"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { shardOf } from "../../src/runtime/cluster/ClusterOwnership.ts"
import type { Entry, Evidence } from "./evidence.ts"
import type { Ledger, Story } from "./load.ts"

type Problems = ReadonlyArray<string>

const few = (problems: Problems): Problems =>
  problems.length <= 8 ? problems : [...problems.slice(0, 8), `… and ${problems.length - 8} more`]

const isServer = ({ type }: Entry) => type === "Instance"
const instanceOf = ({ state }: Entry) => state as Instance | null

/** Positions count from 1 without a gap; the versions of each stream do, too, and begin anew after its end. */
const ordered = ({ feed }: Evidence): Problems => {
  const versions = new Map<string, number>()
  return feed.flatMap(({ id, position, state, type, version }, index) => {
    const stream = `${type} ${id}`
    const before = versions.get(stream) ?? 0
    versions.set(stream, state === null ? 0 : version)
    return [
      ...(position === index + 1 ? [] : [`position ${position} comes where ${index + 1} should`]),
      ...(version === before + 1 ? [] : [`${stream} has version ${version} after ${before}`])
    ]
  })
}

/** Who writes to a shard's servers changes only when the shard is acquired anew: nobody writes after he was replaced. */
const singleWriter = ({ epochs, feed }: Evidence): Problems => {
  const writers = new Map<string, { writer: string; changes: number }>()
  for (const entry of feed.filter(isServer)) {
    const shard = shardOf(entry.id)
    const before = writers.get(shard)
    if (before?.writer !== entry.writer) writers.set(shard, { writer: entry.writer, changes: (before?.changes ?? 0) + 1 })
  }
  return [...writers].flatMap(([shard, { changes }]) =>
    changes <= (epochs.get(shard) ?? 0) ? [] : [`${shard} was written by ${changes} owners in turn and acquired ${epochs.get(shard)} times`])
}

/** How the feed writes down a record of a quota. */
interface QuotaEntry {
  readonly record: { readonly projectId: string; readonly limits: { readonly instances: number } }
}

const takenOf = (instance: Instance): Readonly<Record<string, number>> =>
  ({ VCPU: instance.flavor.vcpus, MEMORY_MB: instance.flavor.ramMb, DISK_GB: diskGbOf(instance.flavor) })

const placed = (instance: Instance | null | undefined): instance is Instance & { readonly host: string } =>
  instance !== null && instance !== undefined && isLive(instance) && instance.host !== null

/** At no position of the feed does a project have more than its quota, or a host more than it holds. */
const neverTooMuch = (evidence: Evidence): Problems => {
  const servers = new Map<string, Instance | null>()
  const hosts = new Map<string, Map<string, number>>()
  const projects = new Map<string, number>()
  const limits = new Map<string, number>()
  const capacity = new Map(evidence.providers.map((provider) => [provider.hostname, provider.capacity]))
  const problems: Array<string> = []
  const count = (instance: Instance | null | undefined, sign: 1 | -1) => {
    if (instance === null || instance === undefined || !isLive(instance)) return
    projects.set(instance.projectId, (projects.get(instance.projectId) ?? 0) + sign)
    if (!placed(instance)) return
    const taken = hosts.get(instance.host) ?? new Map<string, number>()
    hosts.set(instance.host, taken)
    for (const [name, amount] of Object.entries(takenOf(instance))) taken.set(name, (taken.get(name) ?? 0) + sign * amount)
  }
  for (const entry of evidence.feed) {
    if (entry.type === "quota") {
      const { record: { limits: { instances }, projectId } } = entry.state as unknown as QuotaEntry
      limits.set(projectId, instances)
    }
    if (!isServer(entry)) continue
    const instance = instanceOf(entry)
    count(servers.get(entry.id), -1)
    count(instance, 1)
    servers.set(entry.id, instance)
    if (instance === null) continue
    const limit = limits.get(instance.projectId) ?? Infinity
    const used = projects.get(instance.projectId) ?? 0
    if (used > limit) problems.push(`at position ${entry.position} project ${instance.projectId} has ${used} servers of ${limit}`)
    if (!placed(instance)) continue
    for (const [name, amount] of hosts.get(instance.host) ?? []) {
      const most = capacity.get(instance.host)?.[name] ?? 0
      if (amount > most) problems.push(`at position ${entry.position} ${instance.host} has promised ${amount} ${name} of ${most}`)
    }
  }
  return problems
}

/** Each guest runs where its server is, and nowhere else; each server that runs has its guest. */
const guestsAreServers = ({ guests, servers }: Evidence): Problems => {
  const found = new Map(servers.filter(isLive).map((server) => [server.id, server]))
  const powerOf: Readonly<Record<string, string>> = { active: "running", stopped: "shutdown" }
  return [
    ...guests.flatMap(({ hostname, id }) => {
      const server = found.get(id)
      if (server === undefined) return [`the guest ${id} on ${hostname} belongs to no server`]
      return server.host === hostname ? [] : [`the guest ${id} runs on ${hostname}, its server is on ${server.host}`]
    }),
    ...[...found.values()].flatMap((server) => {
      const power = powerOf[server.vmState]
      const guest = guests.filter(({ id }) => id === server.id)
      if (power === undefined) return []
      return guest.length === 1 && guest[0]!.power === power ? [] : [`${server.id} is ${server.vmState}; its guests: ${JSON.stringify(guest)}`]
    })
  ]
}

const sameJson = (what: string, actual: unknown, expected: unknown): Problems =>
  JSON.stringify(actual) === JSON.stringify(expected) ? [] : [`${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`]

/** Placement says of each host exactly what its servers take. */
const allocationsAreServers = ({ providers, servers }: Evidence): Problems =>
  providers.flatMap(({ allocations, hostname }) => {
    const sorted = (all: Readonly<Record<string, unknown>>) => Object.entries(all).toSorted(([a], [b]) => a < b ? -1 : 1)
    const here = servers.filter((server) => placed(server) && server.host === hostname)
    const without = (taken: Readonly<Record<string, number>>) => Object.fromEntries(sorted(taken).filter(([, amount]) => amount !== 0))
    return sameJson(
      `allocations of ${hostname}`,
      sorted(Object.fromEntries(Object.entries(allocations).map(([id, taken]) => [id, without(taken)]))),
      sorted(Object.fromEntries(here.map((server) => [server.id, without(takenOf(server))])))
    )
  })

/** Every task has ended; what ended badly says why. */
const settled = ({ servers }: Evidence): Problems =>
  servers.filter(isLive).flatMap(({ fault, id, taskState, vmState, work }) => [
    ...(work === null && taskState === null && vmState !== "building" ? [] : [`${id} is still ${vmState}, ${taskState}`]),
    ...(vmState === "error" && fault === null ? [`${id} is in error and does not say why`] : [])
  ])

/** No address twice, none held for nobody, and one for each server that was built. */
const addresses = ({ ports, servers }: Evidence): Problems => {
  const live = new Map(servers.filter(isLive).map((server) => [server.id, server]))
  const seen = new Map<string, string>()
  return [
    ...ports.flatMap(({ address, server }) => {
      const other = seen.get(address)
      seen.set(address, server)
      return [
        ...(other === undefined ? [] : [`${address} belongs to ${server} and to ${other}`]),
        ...(live.has(server) ? [] : [`${address} is held by ${server}, which does not exist`])
      ]
    }),
    ...[...live.values()].filter(({ vmState }) => vmState === "active").flatMap((server) => {
      const own = ports.filter((port) => port.server === server.id).length
      return own === 1 ? [] : [`${server.id} has ${own} ports`]
    })
  ]
}

/** Every runner shows the same servers, and counts them. */
const runnersAgree = ({ lists, servers, used }: Evidence): Problems => {
  const live = servers.filter(isLive).map(({ id }) => id).toSorted()
  return [...lists].flatMap(([runner, list]) => [
    ...sameJson(`servers that ${runner} lists`, list.map(({ id }) => id).toSorted(), live).map((problem) => problem.slice(0, 300)),
    ...sameJson(`quota that ${runner} counts`, used.get(runner), live.length)
  ])
}

/** Agents follow the owner of their host: no host serves an epoch that is not the newest. */
const agentsFollow = ({ adopted, epochs }: Evidence): Problems =>
  [...adopted].flatMap(([hostname, epoch]) => {
    const newest = epochs.get(shardOf(hostname))
    return epoch === newest ? [] : [`${hostname} follows epoch ${epoch}, the newest is ${newest}`]
  })

const storyKept = (story: Story, named: ReadonlyArray<Instance>): Problems => {
  const { id, name } = story
  if (named.length > 1) return [`${name} was made ${named.length} times`]
  const server = named[0]
  if (id === null) return []
  if (server !== undefined && server.id !== id) return [`${name} is ${server.id}, and ${id} was acknowledged`]
  if (story.delete === "acknowledged") return server === undefined || !isLive(server) ? [] : [`${name} was deleted and is ${server.vmState}`]
  if (server === undefined || !isLive(server)) return story.delete === "asked" ? [] : [`${name} (${id}) is gone`]
  return story.stop === "acknowledged" && server.vmState !== "stopped" ? [`${name} was stopped and is ${server.vmState}`] : []
}

/** What was acknowledged is there, once; what was not, is there once or not at all. */
const promisesKept = ({ stories }: Ledger, { servers }: Evidence): Problems => {
  const named = Map.groupBy(servers, ({ name }) => name)
  return stories.flatMap((story) => storyKept(story, named.get(story.name) ?? []))
}

export const broken = (evidence: Evidence, ledger: Ledger): Problems =>
  [ordered, singleWriter, neverTooMuch, guestsAreServers, allocationsAreServers, settled, addresses, runnersAgree, agentsFollow]
    .flatMap((check) => few(check(evidence)))
    .concat(few(promisesKept(ledger, evidence)))
