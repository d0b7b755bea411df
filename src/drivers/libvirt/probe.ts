/**
 * Whether this host really runs guests under KVM.
 *
 * A host may open `/dev/kvm` and say it can, and its guests still never execute an instruction (nested
 * virtualisation that is switched off one level below). So `auto` starts a guest of firmware alone and believes what
 * it writes to its serial line.
 */
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Clock, Effect, Random } from "effect"
import { driverLimits } from "./driverLimits.ts"
import { probeXml, type VirtType } from "./domainXml.ts"
import { type Client, createFlag, type LibvirtFailure } from "./node-libvirt/index.ts"

const spoke = (path: string): boolean => {
  try {
    // Firmware prints text; a few stray bytes are no proof.
    return /[\x20-\x7e]{4,}/.test(readFileSync(path, "latin1"))
  } catch {
    return false
  }
}

const waitForWord = (path: string) =>
  Effect.gen(function*() {
    const deadline = (yield* Clock.currentTimeMillis) + driverLimits.probeMillisMax
    while (!spoke(path)) {
      if ((yield* Clock.currentTimeMillis) >= deadline) return false
      yield* Effect.sleep("100 millis")
    }
    return true
  })

/** Boots a probe guest. Fails only when libvirt cannot be asked; a guest that is refused or silent answers `false`. */
export const bootsUnder = (client: Client, virtType: VirtType, folder: string): Effect.Effect<boolean, LibvirtFailure> =>
  Effect.gen(function*() {
    const name = `kilonova-probe-${yield* Random.nextIntBetween(100_000, 999_999)}`
    const log = join(folder, `_${name}.log`)
    return yield* Effect.acquireUseRelease(
      // Should we die meanwhile, libvirt ends the guest with our connection.
      client.domainCreateXml({ xml: probeXml(name, virtType, log), flags: createFlag.autodestroy }),
      () => waitForWord(log),
      (domain) => Effect.ignore(client.domainDestroy({ domain }))
    ).pipe(
      Effect.catchTag("LibvirtError", (error) =>
        Effect.as(Effect.logDebug(`${virtType} probe refused: ${error.message}`), false)),
      Effect.ensuring(Effect.sync(() => rmSync(log, { force: true })))
    )
  })

/** KVM if a guest boots under it, else QEMU's own translation. */
export const provenVirtType = (client: Client, folder: string): Effect.Effect<VirtType, LibvirtFailure> =>
  bootsUnder(client, "kvm", folder).pipe(
    Effect.map((boots): VirtType => boots ? "kvm" : "qemu"),
    Effect.tap((virtType) => Effect.logInfo(`Guests run under ${virtType}: a probe guest was tried under kvm`))
  )
