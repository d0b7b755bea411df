/** What libvirt says of its host's devices. */
import { Effect } from "effect"
import { driverLimits } from "./driverLimits.ts"
import type { Client, LibvirtFailure } from "./node-libvirt/index.ts"

/** One that was unplugged meanwhile is not there. */
const described = (client: Client, name: string) =>
  client.nodeDeviceGetXml({ name }).pipe(
    Effect.map((xml): ReadonlyArray<string> => [xml]),
    Effect.catchTag("LibvirtError", (error) => error.is("noNodeDevice") ? Effect.succeed([]) : Effect.fail(error))
  )

/** Of the kinds that `flags` name; none where libvirt knows none. */
export const descriptions = (client: Client, flags: number): Effect.Effect<ReadonlyArray<string>, LibvirtFailure> =>
  client.connectListAllNodeDevices({ flags }).pipe(
    Effect.flatMap(Effect.forEach((name) => described(client, name), { concurrency: driverLimits.questionsAtOnce })),
    Effect.map((all) => all.flat()),
    Effect.catchTag("LibvirtError", (error) => error.is("noSupport") ? Effect.succeed([]) : Effect.fail(error))
  )
