import { Clock, Effect, Layer, Random } from "effect"
import type { Scope } from "effect"
import { Fleet } from "../../drivers/Driver.ts"
import { ask } from "../../runtime/kernel/ask.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { flavors, maySee, snapshotOf } from "../catalog/Flavor.ts"
import { keypairKey, keypairs } from "../catalog/Keypair.ts"
import type { ServerGroup } from "../catalog/ServerGroup.ts"
import { serverGroups } from "../catalog/ServerGroup.ts"
import { hosts } from "../host/Host.ts"
import { HostEntity } from "../host/HostProtocol.ts"
import { Images } from "../image/ImageProtocol.ts"
import { Networks } from "../network/NetworkProtocol.ts"
import { flavorDevices } from "../placement/devices/DeviceRequest.ts"
import { ProjectEntity } from "../project/ProjectProtocol.ts"
import { SchedulerOptions } from "../scheduler/settings.ts"
import type { Caller } from "../shared/Caller.ts"
import { reservationIdFrom, uuidFrom } from "../shared/ids.ts"
import type { Fence } from "../shared/Promise.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { refuse } from "../shared/Refusal.ts"
import { notFound } from "./decide.ts"
import type { Instance } from "./Instance.ts"
import type { Action, Command, MoveRequest, Request } from "./InstanceCommand.ts"
import { makeCreateOne, makeQuota } from "./createWorkflow.ts"
import { InstanceEntity } from "./InstanceProtocol.ts"
import { makeMoves, serviceUnavailable } from "./startMoveWorkflow.ts"
import type { Resolved } from "./newInstance.ts"
import { newInstance } from "./newInstance.ts"
import { checkDiskConfig, checkGroup, checkHardware, checkHost, checkImage, checkZone, wishOf } from "./resolve.ts"
import type { Asked, CreateServer } from "./ServersProtocol.ts"
import { Servers } from "./ServersProtocol.ts"

const isMine = (caller: Caller, instance: Instance) => caller.isAdmin || instance.projectId === caller.projectId

const make = Effect.gen(function*() {
  const index = yield* InstanceIndex
  const records = yield* Records
  const images = yield* Images
  const networks = yield* Networks
  const random = yield* Random.Random
  const instances = yield* InstanceEntity.client
  const projects = yield* ProjectEntity.client
  const hostEntities = yield* HostEntity.client
  const ownership = yield* Ownership
  const fleet = yield* Fleet
  const { aliases } = yield* SchedulerOptions
  const draw = () => random.nextDoubleUnsafe()

  const requestOf = ({ caller, requestId }: Asked): Effect.Effect<Request> =>
    Effect.map(Clock.currentTimeMillis, (atMillis) => ({
      requestId,
      userId: caller.userId,
      projectId: caller.projectId ?? "",
      isAdmin: caller.isAdmin,
      atMillis,
      deadlineMillis: atMillis + Limits.taskMillisMax
    }))

  const get = (asked: Asked, id: string): Effect.Effect<Instance, Refusal> => {
    const instance = index.get(id)
    return instance === undefined || instance.vmState === "deleted" || !isMine(asked.caller, instance)
      ? Effect.fail(notFound(id))
      : Effect.succeed(instance)
  }

  const execute = (asked: Asked, id: string, command: (request: Request) => Command) =>
    Effect.andThen(get(asked, id), Effect.flatMap(requestOf(asked), (request) =>
      ask(instances(id).Execute({ command: command(request) }))))

  const resolve = Effect.fnUntraced(function*(caller: Caller, create: CreateServer): Effect.fn.Return<Resolved, Refusal> {
    const flavor = records.get(flavors, create.flavorId)
    if (flavor === undefined || !maySee(flavor, caller.projectId, caller.isAdmin)) {
      return yield* Effect.fail(refuse("badRequest", `Flavor ${create.flavorId} could not be found.`, "FlavorNotFound"))
    }
    const image = create.imageId === null ? null : yield* images.get(caller, create.imageId).pipe(
      Effect.mapError((refusal) => refusal.kind === "notFound"
        ? refuse("badRequest", `Image ${create.imageId} could not be found.`, "ImageNotFound") : refusal)
    )
    if (image !== null) {
      yield* Effect.fromResult(checkDiskConfig(create.diskConfig, image))
      yield* Effect.fromResult(checkImage(flavor, image))
    }
    yield* Effect.fromResult(checkHardware(flavor, image))
    yield* Effect.fromResult(flavorDevices(flavor, image?.properties ?? {}, aliases))
    const keypair = create.keyName === null ? null : records.get(keypairs, keypairKey(caller.userId, create.keyName))
    if (keypair === undefined) {
      return yield* Effect.fail(refuse("badRequest", "Invalid key_name provided.", "KeypairNotFound"))
    }
    yield* Effect.fromResult(checkZone(create.availabilityZone, zones()))
    yield* Effect.fromResult(checkHost(create.host, (name) => records.get(hosts, name) !== undefined))
    const hint = create.hints.group
    let group: ServerGroup | null = null
    if (typeof hint === "string") group = yield* Effect.fromResult(checkGroup(records.get(serverGroups, hint), hint, caller))
    const { devicePorts } = yield* networks.validate(caller, {
      networks: create.networks, securityGroups: create.securityGroups, count: create.maxCount
    })
    return {
      flavor: snapshotOf(flavor),
      imageProperties: image === null ? {} : {
        ...image.properties,
        disk_format: image.diskFormat, min_ram: String(image.minRam), min_disk: String(flavor.diskGb)
      },
      publicKey: keypair?.publicKey ?? null,
      devicePorts,
      wish: wishOf(create, group)
    }
  })

  let known: ReadonlySet<string> | null = null
  yield* records.watch([hosts], () => void (known = null))
  const zones = () => known ??= new Set([...records.all(hosts)].map((host) => host.availabilityZone))

  const quotaOf = makeQuota(projects, ownership)
  const createOne = makeCreateOne((instance, request, promises) =>
    instances(instance.id).Execute({ command: { _tag: "Create", instance, request, promises } }))

  const create = Effect.fnUntraced(function*(asked: Asked, request: CreateServer) {
    const { caller } = asked
    if (request.maxCount > Limits.serversPerRequestMax) {
      return yield* Effect.fail(refuse("badRequest", `max_count: at most ${Limits.serversPerRequestMax} servers a request.`))
    }
    const resolved = yield* resolve(caller, request)
    const stamp = yield* requestOf(asked)
    const quota = quotaOf({
      ...stamp, cores: resolved.flavor.vcpus, ramMb: resolved.flavor.ramMb, serverGroupId: resolved.wish.serverGroupId
    })
    const ids = Array.from({ length: request.maxCount }, () => uuidFrom(draw))
    const { count, promises } = yield* quota.reserve(ids, request.minCount)
    const reservationId = reservationIdFrom(draw)
    const wanted = count > 1 ? { ...resolved, wish: { ...resolved.wish, gangSize: count } } : resolved
    const made = ids.slice(0, count).map((id, at) =>
      newInstance(request, wanted, stamp, { id, reservationId }, at, request.maxCount))
    return yield* Effect.forEach(made, (instance) => createOne(quota, instance, stamp, promises), { concurrency: "unbounded" })
  })

  const isUp = (hostname: string) => fleet.isUp(hostname) && records.get(hosts, hostname)?.isForcedDown === false
  const moves = makeMoves({ records, index, draw, isUp, quotaOf, aliases })
  const performing = (asked: Asked, id: string, action: typeof Action.Type) => (move: MoveRequest, promises: ReadonlyArray<Fence>) =>
    execute(asked, id, (request) => ({ _tag: "Perform", action, request, move, promises }))
  const control = (asked: Asked, id: string, number: number, what: "abort" | "forceComplete", mayWait: boolean) =>
    execute(asked, id, (request) => ({ _tag: "ControlMove", control: what, number, mayWait, request }))

  /** Without it nobody would tidy up there, nor could the server go back. */
  const sourceIsUp = (asked: Asked, id: string) =>
    Effect.flatMap(get(asked, id), ({ migration, vmState }) =>
      vmState !== "resized" || migration == null || isUp(migration.source.host) ? Effect.void : Effect.fail(serviceUnavailable))

  return Servers.of({
    create,
    get,
    liveMigrate: (asked, id, move) =>
      Effect.flatMap(get(asked, id), (instance) => moves.live(instance, asked.caller.isAdmin, move, performing(asked, id, "liveMigrate"))),
    coldMigrate: (asked, id, move) =>
      Effect.flatMap(get(asked, id), (instance) =>
        moves.cold(instance, asked.caller, move, performing(asked, id, move.flavorId === null ? "migrate" : "resize"))),
    abortMigration: (asked, id, number, mayWait) => control(asked, id, number, "abort", mayWait),
    forceCompleteMigration: (asked, id, number) =>
      Effect.tap(control(asked, id, number, "forceComplete", false), ({ migration }) =>
        migration == null ? Effect.void : Effect.ignore(ask(hostEntities(migration.source.host).ForceMigration({ instanceId: id })), { log: "Info" })),
    perform: (asked, id, action) => Effect.andThen(action === "confirmResize" || action === "revertResize" ? sourceIsUp(asked, id) : Effect.void, execute(asked, id, (request) => ({ _tag: "Perform", action, request }))),
    change: (asked, id, kind, patch) => execute(asked, id, (request) => ({ _tag: "Change", kind, patch, request })),
    lock: (asked, id, reason) => execute(asked, id, (request) => ({ _tag: "Lock", reason, request })),
    unlock: (asked, id, mayOverride) => execute(asked, id, (request) => ({ _tag: "Unlock", mayOverride, request })),
    resetState: (asked, id, vmState) => execute(asked, id, (request) => ({ _tag: "ResetState", vmState, request })),
    consoleLog: (asked, id) =>
      Effect.flatMap(get(asked, id), ({ host }) =>
        host === null
          ? Effect.fail(refuse("conflict", `Instance ${id} is not ready`, "InstanceNotReady"))
          : ask(hostEntities(host).ConsoleLog({ instanceId: id })))
  })
})

export const layer: Layer.Layer<Servers, never, Exclude<Effect.Services<typeof make>, Scope.Scope>> = Layer.effect(Servers, make)

