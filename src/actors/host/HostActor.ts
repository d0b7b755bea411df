import { Clock, Duration, Effect, Exit, Fiber } from "effect"
import { Entity } from "effect/cluster"
import type { Call, DomainSpec, Driver, DriverError, ImageSource } from "../../drivers/Driver.ts"
import { DriverError as DriverFailure, Fleet } from "../../drivers/Driver.ts"
import { ask, caughtUp } from "../../runtime/kernel/ask.ts"
import { HostTopologies } from "../../runtime/kernel/HostTopologies.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../runtime/kernel/Journal.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { supervision } from "../../runtime/kernel/supervision.ts"
import { Limits } from "../../runtime/Limits.ts"
import { Images } from "../image/ImageProtocol.ts"
import { seenByStep } from "../instance/presences.ts"
import type { Instance, Work } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import { InstanceEntity } from "../instance/InstanceProtocol.ts"
import { Placement } from "../placement/PlacementProtocol.ts"
import { providerOverlay } from "../placement/providerOverlay.ts"
import { ratiosOf } from "../scheduler/ratios.ts"
import { refuse } from "../shared/Refusal.ts"
import { isCurrent, shortElsewhere, shortOf } from "./claims.ts"
import { deviceRefusal } from "./devices.ts"
import { domainSpec } from "./domainSpec.ts"
import { aggregates } from "./Aggregate.ts"
import { hosts } from "./Host.ts"
import { HostEntity } from "./HostProtocol.ts"
import { moveStepOf, type Report } from "./moveWorkflow.ts"
import { numaRefusal } from "./numa.ts"

interface Running {
  readonly generation: number
  readonly fiber: Fiber.Fiber<void>
}

const failure = (operation: string, message: string, isRetryable: boolean) =>
  new DriverFailure({ operation, message, isRetryable })

/** The claims a host refuses. After one of a place on it, another place may do: the host itself is not ruled out. */
const claims = { resources: "claim", place: "claim of a place" } as const

interface Drive {
  readonly driver: Driver
  readonly id: string
  readonly instance: Instance
  readonly spec: Effect.Effect<DomainSpec, DriverError>
  readonly call: Call
}

/** The driver calls an action means. */
const drives: { readonly [action: string]: (drive: Drive) => Effect.Effect<void, DriverError> } = {
  start: ({ call, driver, spec }) => Effect.flatMap(spec, (made) => driver.powerOn(made, call)),
  stop: ({ call, driver, id }) => driver.powerOff(id, Duration.millis(Limits.guestShutdownMillis), call),
  pause: ({ call, driver, id }) => driver.pause(id, call),
  unpause: ({ call, driver, id }) => driver.unpause(id, call),
  suspend: ({ call, driver, id }) => driver.suspend(id, call),
  resume: ({ call, driver, spec }) => Effect.flatMap(spec, (made) => driver.resume(made, call)),
  reboot: ({ call, driver, spec }) => Effect.flatMap(spec, (made) => driver.reboot(made, "soft", call)),
  rebootHard: ({ call, driver, spec }) => Effect.flatMap(spec, (made) => driver.reboot(made, "hard", call))
}

/** The driver calls a pending step means. Every one is idempotent, so a step may be driven again after a crash. */
const driveStep = ({ action, step }: Work, drive: Drive): Effect.Effect<Report | void, DriverError> => {
  const { call, driver, id, spec } = drive
  const moving = moveStepOf(action, step)
  if (moving !== undefined) return moving(drive)
  if (step === "destroy") return driver.destroy(id, call)
  if (step === "spawn") {
    // A half-made guest is taken away before the failure is told, so that another host may try.
    return Effect.flatMap(spec, (made) => driver.spawn(made, call)).pipe(
      Effect.tapError(() => Effect.ignore(driver.destroy(id, call)))
    )
  }
  return drives[action]?.(drive) ?? Effect.fail(failure(action, `The driver knows no ${action}`, false))
}

const outcomeOf = (exit: Exit.Exit<Report | void, DriverError>): typeof Outcome.Type => {
  if (Exit.isSuccess(exit)) return { _tag: "Done", ...exit.value }
  const error = Exit.findErrorOption(exit)
  return error._tag === "Some"
    ? {
      _tag: "Failed", message: error.value.message, details: error.value.operation, code: 500, isRetryable: error.value.isRetryable,
      ...(error.value.operation === claims.place ? { mayStay: true } : {})
    }
    : { _tag: "Failed", message: "The hypervisor driver failed", details: String(exit.cause), code: 500, isRetryable: true }
}

/**
 * One compute host: it has the last word on claims and drives its hypervisor. Steps of one server run one after
 * another; a newer step interrupts an older one that hangs. No handler waits for the hypervisor. Whoever loses the host
 * stops driving it.
 */
export const layer = HostEntity.toLayer(
  Effect.gen(function*() {
    const hostname = (yield* Entity.CurrentAddress).entityId
    const fleet = yield* Fleet
    const index = yield* InstanceIndex
    const topologies = yield* HostTopologies
    const records = yield* Records
    const placement = yield* Placement
    const images = yield* Images
    const ownership = yield* Ownership
    const journal = yield* Journal
    const scope = yield* Effect.scope
    const instances = yield* InstanceEntity.client
    const shard = ownership.shardOf("Host", hostname)
    const running = new Map<string, Running>()

    const driver = Effect.suspend(() => {
      const found = fleet.driver(hostname)
      return found === undefined
        ? Effect.fail(failure("connect", `No agent drives host ${hostname}`, true))
        : Effect.succeed(found)
    })

    const refused = (operation: string, why: string) => Effect.fail(failure(operation, `Host ${hostname} refused the claim: ${why}`, true))

    const ratios = () =>
      ratiosOf([...records.all(aggregates)].filter((aggregate) => aggregate.hosts.includes(hostname)), providerOverlay(records, hostname).ratios)

    /** Every server that names this host counts, whichever process committed it. */
    const claimed = (instance: Instance) => {
      if (instance.work?.step !== "spawn" && instance.work?.step !== "prepare") return Effect.void
      const verdict = Effect.suspend(() => {
        const host = records.get(hosts, hostname)
        if (host === undefined) return refused(claims.resources, "it has no inventory")
        const short = shortOf(host, index.takenOf(hostname), placement.claimedOf(host.id), ratios()) ?? shortElsewhere(placement, host, instance)
        if (short !== null) return refused(claims.resources, short)
        const taken = numaRefusal(instance, () => topologies.othersOn(hostname, instance.id))
        if (taken !== null) return refused(claims.place, taken)
        const given = deviceRefusal(instance, () => topologies.otherDevicesOn(hostname, instance.id))
        return given === null ? Effect.void : refused(claims.place, given)
      })
      return Effect.andThen(caughtUp(journal), verdict)
    }

    const imageOf = ({ imageId, imageProperties, work }: Instance): Effect.Effect<ImageSource | null, DriverError> => {
      if (imageId === null) return Effect.succeed(null)
      const source = imageSource(images, imageId, imageProperties)
      // Users delete images whose servers go on: only a build needs the bytes.
      return work?.step === "spawn" ? source : Effect.catch(source, () => Effect.succeed(imageWithoutFiles(imageId, imageProperties)))
    }

    const drive = (instance: Instance) => Effect.gen(function*() {
      const seen = seenByStep(instance)
      const promise = { shard, epoch: ownership.epochOf(shard) }
      const exit = yield* Effect.exit(Effect.andThen(
        claimed(seen),
        Effect.flatMap(driver, (found) => driveStep(instance.work!, {
          driver: found,
          id: instance.id,
          instance,
          spec: Effect.map(imageOf(seen), (image) => domainSpec(seen, image, records.get(hosts, seen.host ?? hostname))),
          call: { epoch: promise.epoch }
        }))
      ))
      if (Exit.isFailure(exit) && Exit.hasInterrupts(exit)) return
      if (running.get(instance.id)?.generation === instance.work!.generation) running.delete(instance.id)
      yield* ask(instances(instance.id).Execute({
        command: {
          _tag: "Advance",
          generation: instance.work!.generation,
          outcome: outcomeOf(exit),
          atMillis: yield* Clock.currentTimeMillis,
          // Of a host that was taken over meanwhile, only its new owner knows what runs there.
          promises: [promise]
        }
      })).pipe(Effect.catchCause((cause) => Effect.logWarning("An outcome was not taken; the step will be driven again", cause)))
    })

    return HostEntity.of({
      Drive: Effect.fnUntraced(function*({ payload: { instance } }) {
        const generation = instance.work?.generation ?? 0
        const previous = running.get(instance.id)
        if (!isCurrent(index.get(instance.id), instance) || (previous?.generation ?? -1) >= generation) return
        const waited = previous === undefined ? drive(instance) : Effect.andThen(Fiber.interrupt(previous.fiber), drive(instance))
        // A driver that answered at once is done: there is nothing to keep.
        const fiber = yield* Effect.forkIn(waited, scope)
        if (fiber.pollUnsafe() === undefined) running.set(instance.id, { generation, fiber })
      }),
      Observe: Effect.fnUntraced(function*({ payload }) {
        if (index.get(payload.instanceId)?.host !== hostname) return
        yield* Effect.ignoreCause(instances(payload.instanceId).Execute({
          command: { _tag: "ObservePower", power: payload.power, atMillis: yield* Clock.currentTimeMillis }
        }))
      }),
      ForceMigration: ({ payload }) =>
        Effect.flatMap(driver, (found) => found.forceMigration(payload.instanceId, { epoch: ownership.epochOf(shard) })).pipe(
          Effect.mapError((error) => refuse("conflict", error.message))
        ),
      ConsoleLog: ({ payload }) =>
        Effect.flatMap(driver, (found) => found.consoleLog(payload.instanceId)).pipe(
          Effect.mapError((error) => refuse("conflict", error.message))
        )
    })
  }),
  { ...supervision, maxIdleTime: Limits.hostIdleMillis, mailboxCapacity: Limits.hostMailboxMax }
)

const imageWithoutFiles = (id: string, properties: { readonly [key: string]: string }): ImageSource => ({
  id, path: "", diskFormat: properties.disk_format ?? "qcow2", checksum: null, properties, kernelPath: null, ramdiskPath: null
})

/** The image as a file on this machine; kernel and ramdisk images too, where the image names them. */
const imageSource = Effect.fnUntraced(function*(
  images: Images["Service"], imageId: string, properties: { readonly [key: string]: string }
): Effect.fn.Return<ImageSource, DriverError> {
  const file = (id: string | undefined) =>
    id === undefined || id === "" ? Effect.succeed(null) : images.file(id).pipe(
      Effect.mapError((refusal) => failure("image", `Image ${id}: ${refusal.message}`, false))
    )
  return {
    ...imageWithoutFiles(imageId, properties),
    path: (yield* file(imageId)) ?? "",
    kernelPath: yield* file(properties.kernel_id),
    ramdiskPath: yield* file(properties.ramdisk_id)
  }
})
