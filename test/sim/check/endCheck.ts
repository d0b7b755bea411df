import { Context } from "effect"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import { diskGbOf, isLive } from "../../../src/actors/instance/Instance.ts"
import { otherPlaceOf, presencesOf } from "../../../src/actors/instance/presences.ts"
import { powerStates } from "../../../src/actors/instance/states.ts"
import { InstanceIndex } from "../../../src/runtime/kernel/InstanceIndex.ts"
import { Ownership } from "../../../src/runtime/kernel/Ownership.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import type { Clients } from "../run/Clients.ts"
import type { Cluster } from "../world/Cluster.ts"
import type { Runner } from "../world/Runner.ts"
import type { Broken } from "./FeedCheck.ts"

type Say = (invariant: string, about: string, detail: string) => void

const serversOf = ({ store }: Cluster): ReadonlyMap<string, Instance> =>
  new Map(store.memory.scan("Instance").map(({ id, state }) => [id, JSON.parse(state) as Instance]))

const promises = (servers: ReadonlyMap<string, Instance>, { acknowledged }: Clients, say: Say) => {
  for (const { id, requestId, what } of acknowledged) {
    const server = servers.get(id)
    if (server === undefined) {
      say("what was acknowledged is there", id, `${what} ${requestId} was acknowledged; the store does not know the server`)
      continue
    }
    if (what === "delete" && isLive(server) && server.vmState !== "error") say("every action lands or fails", id, `its delete ${requestId} was acknowledged, it is ${server.vmState}`)
    if (what === "change" || server.vmState === "deleted") continue
    // A delete that is asked for while one is under way is the same delete.
    const line = server.actions.find((action) => action.requestId === requestId || (what === "delete" && action.action === "delete"))
    if (line === undefined) say("what was acknowledged is there", id, `${what} ${requestId} is not in its action log`)
    // A delete takes the place of what was under way; a later reboot does, too.
    else if (line === server.actions.at(-1) && line.events.some(({ finishedAt }) => finishedAt === null)) {
      say("every action lands or fails", id, `${what} ${requestId} never ended: ${JSON.stringify(line.events)}`)
    }
  }
  for (const server of servers.values()) {
    if (server.work !== null || server.taskState !== null) {
      say("nothing is left pending", server.id, `${server.vmState}/${server.taskState}, step ${server.work?.step} ${server.work?.generation}`)
    }
  }
}

const guests = (servers: ReadonlyMap<string, Instance>, { hypervisors }: Cluster, hasRolledBack: boolean, say: Say) => {
  const places = new Map<string, Array<string>>()
  for (const host of hypervisors) {
    for (const guest of host.guests.values()) {
      const server = servers.get(guest.id)
      places.set(guest.id, [...(places.get(guest.id) ?? []), host.name])
      // Guests nobody knows are not the cloud's to touch: a store that went back leaves them.
      if (server === undefined && hasRolledBack) continue
      if (server === undefined || !isLive(server)) say("no guest is left over", guest.id, `${host.name} has a guest of a server that is ${server?.vmState ?? "unknown"}`)
      // The guest that a resize would go back to.
      else if (otherPlaceOf(server)?.host === host.name) places.set(guest.id, places.get(guest.id)!.slice(0, -1))
      else if (server.host !== host.name) say("no guest is left over", guest.id, `${host.name} has a guest of a server on ${server.host}, ${server.vmState}`)
      else if (server.vmState !== "error" && powerStates[guest.power] !== server.powerState) {
        say("power is known", guest.id, `its guest on ${host.name} is ${guest.power}, the server says ${server.powerState} (${server.vmState})`)
      }
    }
  }
  for (const [id, hosts] of places) if (hosts.length > 1) say("no server's guest is on two hosts", id, hosts.join(", "))
  for (const server of servers.values()) {
    if (server.vmState === "active" && server.powerState === powerStates.running && !places.has(server.id)) {
      say("active servers run", server.id, `no host has a guest of it; it says ${server.host}`)
    }
  }
}

const projections = (servers: ReadonlyMap<string, Instance>, runner: Runner, say: Say) => {
  const index = Context.get(runner.services!, InstanceIndex)
  const who = runner.process.name
  const used = new Map<string, number>()
  for (const server of servers.values()) {
    if (JSON.stringify(index.get(server.id)) !== JSON.stringify(server)) {
      say("projections equal the store", server.id, `${who} shows ${index.get(server.id)?.vmState}/${index.get(server.id)?.generation}, the store has ${server.vmState}/${server.generation}`)
    }
    for (const { flavor, host } of presencesOf(server)) used.set(host!, (used.get(host!) ?? 0) + flavor.vcpus * 1e6 + diskGbOf(flavor))
  }
  if (index.size() !== servers.size) say("projections equal the store", who, `${index.size()} servers, the store has ${servers.size}`)
  for (const [host, sum] of used) {
    const { cores, diskGb } = index.usageOfHost(host)
    if (cores * 1e6 + diskGb !== sum) say("allocations are the sum of the servers", host, `${who}: ${cores} cores, ${diskGb} GiB, not ${sum}`)
  }
  for (const pending of index.pending()) say("nothing is left pending", pending.id, `${who} still lists it`)
}

/** Every shard is somebody's, and whoever it is knows under which epoch. */
const shards = ({ names, runners, store, world }: Cluster, say: Say) => {
  const all = Array.from({ length: Limits.clusterShards }, (_, at) => `default:${at + 1}`)
  const holders = store.memory.holders(all, world.nowMillis)
  const epochs = store.memory.epochs(all)
  const wrong = all.flatMap((shard, at) => {
    const owners = names.filter((name) => {
      const services = runners.get(name)?.services
      return services !== undefined && Context.get(services, Ownership).epochOf(shard) === epochs[at]
    })
    return owners.length === 1 && holders[at]?.startsWith(`${owners[0]}:`) === true ? []
      : [`${shard} is held by ${holders[at]}, owned by ${owners.join(" and ") || "nobody"}`]
  })
  if (wrong.length > 0) say("every shard has one owner", wrong[0]!.split(" ")[0]!, `${wrong.length} shards: ${wrong.slice(0, 3).join("; ")}`)
}

/** What must hold once everything is healed and every deadline is past. */
export const endCheck = (cluster: Cluster, clients: Clients, hasRolledBack: boolean): ReadonlyArray<Broken> => {
  const broken: Array<Broken> = []
  const say: Say = (invariant, about, detail) => broken.push({ invariant, about, detail })
  const servers = serversOf(cluster)
  shards(cluster, say)
  promises(servers, clients, say)
  guests(servers, cluster, hasRolledBack, say)
  for (const name of cluster.names) {
    const runner = cluster.runners.get(name)
    if (runner?.services === undefined) say("every runner is back", name, "it does not run")
    else projections(servers, runner, say)
  }
  return broken
}
