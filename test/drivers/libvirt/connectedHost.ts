import { Effect, Schedule } from "effect"
import { makeLibvirtHost } from "../../../src/drivers/libvirt/LibvirtDriver.ts"
import type { LibvirtDriverOptions } from "../../../src/drivers/libvirt/LibvirtDriver.ts"

/** A host whose libvirt answers already: commands before that would only prove that it does not. */
export const connectedHost = (options: LibvirtDriverOptions) =>
  Effect.tap(makeLibvirtHost(options), ({ driver }) =>
    Effect.retry(driver.list, { times: 100, schedule: Schedule.spaced("100 millis") }))
