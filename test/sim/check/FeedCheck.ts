import type { Instance } from "../../../src/actors/instance/Instance.ts"
import { diskGbOf, isLive } from "../../../src/actors/instance/Instance.ts"
import { defaultRatios } from "../../../src/actors/host/Host.ts"
import type { StoreAnswer, StoreCommit, StoreEntry } from "../../../src/runtime/kernel/Store.ts"
import { shardOf } from "../../../src/runtime/cluster/ClusterOwnership.ts"
import { hostSize } from "../hypervisor/Hypervisor.ts"

/** An invariant that does not hold, and what it is about. */
export interface Broken {
  readonly invariant: string
  readonly about: string
  readonly detail: string
}

interface Sum { instances: number; cores: number; ram: number; disk: number }
const zero = (): Sum => ({ instances: 0, cores: 0, ram: 0, disk: 0 })

const capacity = {
  cores: hostSize.vcpus * defaultRatios.cpu,
  ram: (hostSize.memoryMb - defaultRatios.reservedRamMb) * defaultRatios.ram,
  disk: hostSize.diskGb * defaultRatios.disk
}

const add = (sum: Sum, { flavor }: Pick<Instance, "flavor">, sign: 1 | -1) => {
  sum.instances += sign
  sum.cores += sign * flavor.vcpus
  sum.ram += sign * flavor.ramMb
  sum.disk += sign * diskGbOf(flavor)
}

const of = <A>(map: Map<string, A>, key: string, make: () => A): A => {
  let found = map.get(key)
  if (found === undefined) map.set(key, found = make())
  return found
}

const isRunning = (server: Instance) => isLive(server) && server.host !== null && server.launchedAt !== null

interface Claimed extends Pick<Instance, "flavor"> {
  readonly host: string
}

/** Of a move: both hosts once the other one has agreed, each by what the server is there. */
const agreed = new Set(["migrate", "finish", "confirm", "rebind"])
const claimedBy = (server: Instance): ReadonlyArray<Claimed> => {
  if (!isRunning(server)) return []
  const { migration, vmState, work } = server
  const own = { host: server.host!, flavor: server.flavor }
  const areBoth = agreed.has(work?.step ?? "") || vmState === "resized" || (work?.step === "abort" && work.action === "liveMigrate")
  if (!areBoth || migration == null) return [own]
  const ends = [migration.source, migration.destination].flatMap((place) => place === null || place.host === own.host ? [] : [place])
  return [own, ...ends.map(({ flavor = server.flavor, host }) => ({ host, flavor }))]
}

/** As quota counts it: the larger of what it is and what it may become. */
const countedAs = (server: Instance): Pick<Instance, "flavor"> => {
  const { flavor, migration } = server
  const [from, to] = [migration?.source.flavor ?? flavor, migration?.wish.flavor ?? flavor]
  return { flavor: { ...flavor, vcpus: Math.max(from.vcpus, to.vcpus), ramMb: Math.max(from.ramMb, to.ramMb) } }
}

/** What must hold after every single entry of the feed. It believes nothing but the entries. */
export class FeedCheck {
  readonly broken: Array<Broken> = []
  readonly servers = new Map<string, Instance>()
  /** The last entries of each server, for the report. */
  readonly tails = new Map<string, Array<string>>()
  commits = 0
  entries = 0
  launched = 0
  hasRolledBack = false
  #position = 0
  #committed = 0
  readonly #versions = new Map<string, number>()
  readonly #projects = new Map<string, Sum>()
  readonly #hosts = new Map<string, Sum>()
  readonly #writers = new Map<string, { readonly epoch: number; readonly writer: string }>()
  readonly #parted = new Set<string>()
  readonly #quota: { readonly instances: number; readonly cores: number; readonly ram: number }
  readonly #isAnswered: boolean
  readonly #elapsed: () => number

  /** `isAnswered`: hypervisors answer every call in the end, so that no task should need its deadline. */
  constructor(quota: FeedCheck["quota"], isAnswered: boolean, elapsed: () => number) {
    this.#quota = quota
    this.#isAnswered = isAnswered
    this.#elapsed = elapsed
  }

  get quota(): { readonly instances: number; readonly cores: number; readonly ram: number } {
    return this.#quota
  }

  /** A commit that was applied: its fences say under which epochs. */
  onCommit({ appends, fences }: StoreCommit, answer: StoreAnswer, writer: string): void {
    // An older position: the answer to a batch that was sent again.
    if (answer._tag !== "Applied" || answer.position <= this.#committed) return
    this.#committed = answer.position
    this.commits++
    for (const { id, type } of appends) {
      if (type !== "Instance") continue
      const shard = shardOf(id)
      const fence = fences.find((each) => each.shard === shard)
      if (fence === undefined) {
        this.#say("single writer", id, `committed by ${writer} without a fence of ${shard}`)
        continue
      }
      const last = this.#writers.get(shard)
      if (last !== undefined && fence.epoch < last.epoch) {
        this.#say("monotonic epochs", id, `${shard}: epoch ${fence.epoch} of ${writer} after epoch ${last.epoch} of ${last.writer}`)
      }
      if (last !== undefined && fence.epoch === last.epoch && writer !== last.writer) {
        this.#say("single writer", id, `${shard}: epoch ${fence.epoch} is used by ${last.writer} and by ${writer}`)
      }
      this.#writers.set(shard, { epoch: fence.epoch, writer })
    }
  }

  /** The store went back: what came after is forgotten here, too. */
  rollback(entries: ReadonlyArray<StoreEntry>): void {
    for (const map of [this.servers, this.#versions, this.#projects, this.#hosts, this.#writers]) map.clear()
    const known = this.broken.length
    this.#position = 0
    this.onEntries(entries)
    this.broken.length = known
    this.#committed = entries.length
    this.hasRolledBack = true
  }

  onEntries(entries: ReadonlyArray<StoreEntry>): void {
    for (const entry of entries) this.#entry(entry)
  }

  #entry({ events, id, position, state, type, version, writer }: StoreEntry): void {
    this.entries++
    if (position !== this.#position + 1) this.#say("gap-free feed", id, `position ${position} after ${this.#position}`)
    this.#position = position
    const stream = `${type}/${id}`
    const before = this.#versions.get(stream) ?? 0
    if (version !== before + 1) this.#say("versions without a gap", stream, `version ${version} after ${before}`)
    if (state === null) this.#versions.delete(stream)
    else this.#versions.set(stream, version)
    if (type !== "Instance" || state === null) return
    const names = (JSON.parse(events) as ReadonlyArray<{ readonly _tag: string }>).map(({ _tag }) => _tag).join("+")
    const server = JSON.parse(state) as Instance
    const tail = of(this.tails, id, () => [])
    tail.push(`${Math.floor(this.#elapsed())} ms, position ${position}, version ${version}, writer ${writer.slice(0, 8)}: ${names} → ${server.vmState}/` +
      `${server.taskState} on ${server.host}, step ${server.work?.step ?? "none"} ${server.work?.generation ?? ""} ${server.fault?.message ?? ""}`)
    if (tail.length > 40) tail.shift()
    if (this.#isAnswered && names.includes("TaskFailed") && server.fault?.message.includes("did not finish in time") === true) {
      this.#say("work goes on after a failure", id, server.fault.message)
    }
    this.#server(id, this.servers.get(id), server)
  }

  #server(id: string, before: Instance | undefined, after: Instance): void {
    this.servers.set(id, after)
    if (before !== undefined && isLive(before)) add(of(this.#projects, before.projectId, zero), countedAs(before), -1)
    const project = of(this.#projects, after.projectId, zero)
    if (isLive(after)) add(project, countedAs(after), 1)
    if (before === undefined || (after.migration?.wish.flavor !== undefined && before.migration?.id !== after.migration.id)) {
      for (const kind of ["instances", "cores", "ram"] as const) {
        if (project[kind] > this.#quota[kind]) {
          this.#say("quota is exact", id, `${after.projectId} has ${project[kind]} ${kind}, and may have ${this.#quota[kind]}`)
        }
      }
    }
    const claimed = before === undefined ? [] : claimedBy(before)
    for (const one of claimed) add(of(this.#hosts, one.host, zero), one, -1)
    for (const one of claimedBy(after)) {
      const host = of(this.#hosts, one.host, zero)
      add(host, one, 1)
      if (claimed.some((was) => was.host === one.host)) continue
      for (const kind of ["cores", "ram", "disk"] as const) {
        if (host[kind] > capacity[kind]) this.#say("no host is over-claimed", id, `${one.host} has ${capacity[kind]} ${kind}, and ${host[kind]} are promised`)
      }
    }
    if (!isRunning(after) || (before !== undefined && isRunning(before) && before.host === after.host)) return
    this.launched++
    this.#group(after)
  }

  #group(server: Instance): void {
    const { groupPolicy, serverGroupId } = server.wish
    if (serverGroupId === null) return
    // A resize that is reverted goes back to where it was, as the reference's does, whoever came to it meanwhile.
    if (groupPolicy === "affinity" && server.work?.action === "revertResize") this.#parted.add(serverGroupId)
    if (this.#parted.has(serverGroupId)) return
    for (const other of this.servers.values()) {
      if (other.id === server.id || other.wish.serverGroupId !== serverGroupId || !isLive(other) || other.launchedAt === null || other.host === null) continue
      const isTogether = other.host === server.host
      if (groupPolicy === "affinity" ? !isTogether : groupPolicy === "anti-affinity" && isTogether) {
        this.#say(`${groupPolicy} is exact`, server.id, `it is on ${server.host}, ${other.id} of its group on ${other.host}`)
      }
    }
  }

  #say(invariant: string, about: string, detail: string): void {
    this.broken.push({ invariant, about, detail })
  }
}
