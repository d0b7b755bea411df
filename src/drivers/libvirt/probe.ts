/**
 * Whether this host really runs guests under KVM.
 *
 * A host may open `/dev/kvm` and say it can, and a guest still gets nowhere: nested below another hypervisor, KVM may
 * fall back to emulating instruction by instruction, a hundred times slower than QEMU's own translation. Such a guest
 * even prints its first words, so `auto` measures: firmware alone is booted to its end under translation and then
 * under KVM, and KVM is taken only if it keeps up.
 */
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Clock, Effect, Random } from "effect"
import { driverLimits } from "./driverLimits.ts"
import { probeXml, type VirtType } from "./domainXml.ts"
import { type Client, createFlag, type LibvirtFailure } from "./node-libvirt/index.ts"

/** What the firmware says when it has tried everything and found no disk. */
const lastWords = "No bootable device"

const isAtEnd = (path: string): boolean => {
  try {
    return readFileSync(path, "latin1").includes(lastWords)
  } catch {
    return false
  }
}

const waitForEnd = (path: string, millisMax: number) =>
  Effect.gen(function*() {
    const startMillis = yield* Clock.currentTimeMillis
    while (true) {
      const tookMillis = (yield* Clock.currentTimeMillis) - startMillis
      if (isAtEnd(path)) return tookMillis
      if (tookMillis >= millisMax) return undefined
      yield* Effect.sleep(driverLimits.probePollMillis)
    }
  })

/**
 * How long the firmware takes to its end, in milliseconds; `undefined` when it was refused or is not there by
 * `millisMax`. Fails only when libvirt cannot be asked.
 */
export const firmwareMillis = (
  client: Client,
  virtType: VirtType,
  folder: string,
  millisMax: number
): Effect.Effect<number | undefined, LibvirtFailure> =>
  Effect.gen(function*() {
    const name = `kilonova-probe-${yield* Random.nextIntBetween(100_000, 999_999)}`
    const log = join(folder, "_probe.log")
    // One that was killed meanwhile has left its own.
    const clean = Effect.sync(() => rmSync(log, { force: true }))
    yield* clean
    return yield* Effect.acquireUseRelease(
      // Should we die meanwhile, libvirt ends the guest with our connection.
      client.domainCreateXml({ xml: probeXml(name, virtType, log), flags: createFlag.autodestroy }),
      () => waitForEnd(log, millisMax),
      (domain) => Effect.ignore(client.domainDestroy({ domain }))
    ).pipe(
      Effect.catchTag("LibvirtError", (error) =>
        Effect.as(Effect.logDebug(`${virtType} probe refused: ${error.message}`), undefined)),
      Effect.ensuring(clean)
    )
  })

/** KVM if a guest gets as far under it, in about the time, as under QEMU's translation; else translation. */
export const provenVirtType = (client: Client, folder: string): Effect.Effect<VirtType, LibvirtFailure> =>
  Effect.gen(function*() {
    const translated = yield* firmwareMillis(client, "qemu", folder, driverLimits.probeMillisMax)
    const allowed = Math.max(driverLimits.probeKvmMillisMin, driverLimits.probeKvmFactor * (translated ?? 0))
    const accelerated = yield* firmwareMillis(client, "kvm", folder, allowed)
    const virtType = accelerated === undefined ? "qemu" : "kvm"
    yield* Effect.logInfo(
      `Guests run under ${virtType}: firmware took ${translated ?? "too many"} ms translated, under KVM ${
        accelerated ?? `more than ${allowed}`
      } ms`
    )
    return virtType
  })
