/** Makes a guest's virtual graphics cards, and takes them away; each step looks first. */
import { Effect } from "effect"
import { type DomainSpec, DriverError } from "../Driver.ts"
import { descriptions } from "./descriptions.ts"
import { driverLimits } from "./driverLimits.ts"
import { unless } from "./failure.ts"
import { type MdevParent, mdevParentsIn, mdevsIn, mdevXml, parentsFor, vgpuIds, vgpuTotal } from "./mdevs.ts"
import { type Client, type LibvirtFailure, nodeDeviceFlag } from "./node-libvirt/index.ts"

interface Host {
  readonly client: Client
  /** The types of shares that guests may have; none: no virtual cards. */
  readonly mdevTypes: ReadonlyArray<string>
}

const parentsOf = ({ client, mdevTypes }: Host) =>
  Effect.map(descriptions(client, nodeDeviceFlag.mdevTypes), (all) => mdevParentsIn(all, mdevTypes))
const mdevsOf = ({ client }: Host) => Effect.map(descriptions(client, nodeDeviceFlag.mdev), mdevsIn)

/** How many there are in all. */
export const vgpusOf = (host: Host): Effect.Effect<number, LibvirtFailure> =>
  host.mdevTypes.length === 0 ? Effect.succeed(0) : Effect.zipWith(parentsOf(host), mdevsOf(host), vgpuTotal)

const noneLeft = (message: string) => new DriverError({ operation: "vgpu", message, isRetryable: true })

/** Of the first card that has one left: what was counted may be gone by now. */
const make = (client: Client, parents: ReadonlyArray<MdevParent>, uuid: string): Effect.Effect<unknown, LibvirtFailure | DriverError> => {
  const [parent, ...others] = parents
  return parent === undefined
    ? Effect.fail(noneLeft("no card of this host has a virtual one left"))
    : client.nodeDeviceCreateXml({ xml: mdevXml(parent, uuid) }).pipe(
      Effect.catchTag("LibvirtError", (error) => others.length === 0 ? Effect.fail(error) : make(client, others, uuid))
    )
}

/** The UUIDs of the guest's virtual cards, which are there then. */
export const ensureVgpus = (host: Host, { id, numa, vgpus = 0 }: DomainSpec): Effect.Effect<ReadonlyArray<string>, LibvirtFailure | DriverError> =>
  Effect.gen(function*() {
    const wanted = vgpuIds(id, vgpus)
    if (wanted.length === 0) return wanted
    if (wanted.length > driverLimits.vgpusPerGuestMax) {
      return yield* new DriverError({ operation: "vgpu", message: `a guest may have ${driverLimits.vgpusPerGuestMax} virtual graphics cards at most, not ${vgpus}`, isRetryable: false })
    }
    const there = new Set((yield* mdevsOf(host)).map(({ uuid }) => uuid))
    for (const uuid of wanted.filter((one) => !there.has(one))) {
      yield* make(host.client, parentsFor(yield* parentsOf(host), numa?.cells.map(({ hostCell }) => hostCell) ?? []), uuid)
    }
    return wanted
  })

export const removeVgpus = (host: Host, id: string): Effect.Effect<void, LibvirtFailure> =>
  host.mdevTypes.length === 0 ? Effect.void : Effect.flatMap(mdevsOf(host), (all) => {
    const own = new Set(vgpuIds(id, driverLimits.vgpusPerGuestMax))
    return Effect.forEach(all.filter(({ uuid }) => own.has(uuid)), ({ name }) =>
      host.client.nodeDeviceDestroy({ name }).pipe(unless("noNodeDevice")), { discard: true })
  })
