/** Mediated devices: the shares of a graphics card that guests have as virtual ones. libvirt's words, both ways. Pure. */
import { namedId } from "../../actors/network/ids.ts"
import { all, el, type Element, first, parse, render } from "./xml.ts"

/** A card that can be shared, and the one type of shares that this host gives of it. */
export interface MdevParent {
  readonly name: string
  readonly type: string
  /** Shares that are still to be had. */
  readonly available: number
  readonly numaNode: number | null
}

export interface Mdev {
  readonly name: string
  readonly uuid: string
  readonly parent: string
  readonly type: string
}

const capability = (element: Element, type: string): Element | undefined =>
  all(element, "capability").find(({ attributes }) => attributes["type"] === type)

const textOf = (element: Element, name: string): string => first(element, name)?.text ?? ""

/** Of descriptions of cards: those that have one of the types; the first of these is theirs, as Nova has it. */
export const mdevParentsIn = (descriptions: ReadonlyArray<string>, enabled: ReadonlyArray<string>): ReadonlyArray<MdevParent> =>
  descriptions.map(parse).flatMap((device): ReadonlyArray<MdevParent> => {
    const pci = capability(device, "pci")
    const types = pci === undefined ? [] : all(capability(pci, "mdev_types") ?? el("none", {}), "type")
    const type = enabled.find((one) => types.some(({ attributes }) => attributes["id"] === one))
    if (pci === undefined || type === undefined) return []
    const node = Number(first(pci, "numa")?.attributes["node"] ?? -1)
    const available = types.find(({ attributes }) => attributes["id"] === type)!
    return [{ name: textOf(device, "name"), type, available: Number(textOf(available, "availableInstances")) || 0, numaNode: node < 0 ? null : node }]
  })

/** Older releases of libvirt tell the UUID by the name alone. */
const uuidIn = (name: string): string => (/^mdev_([\da-f]{8}(?:_[\da-f]{4}){3}_[\da-f]{12})/.exec(name)?.[1] ?? "").replaceAll("_", "-")

export const mdevsIn = (descriptions: ReadonlyArray<string>): ReadonlyArray<Mdev> =>
  descriptions.map(parse).flatMap((device) => {
    const mdev = capability(device, "mdev")
    const name = textOf(device, "name")
    return mdev === undefined ? [] : [{
      name, uuid: textOf(mdev, "uuid") || uuidIn(name), parent: textOf(device, "parent"), type: first(mdev, "type")?.attributes["id"] ?? ""
    }]
  })

/** All that the host has, whoever uses some of them. */
export const vgpuTotal = (parents: ReadonlyArray<MdevParent>, mdevs: ReadonlyArray<Mdev>): number =>
  parents.reduce((sum, { available, name, type }) =>
    sum + available + mdevs.filter((one) => one.parent === name && one.type === type).length, 0)

/** A server's shares are always the same ones: who makes them again after a crash finds them. */
export const vgpuIds = (serverId: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, at) => namedId(`vgpu ${at} of server ${serverId}`))

/** Cards with shares to give: those at the guest's own NUMA nodes first, then those with most left. */
export const parentsFor = (parents: ReadonlyArray<MdevParent>, nodes: ReadonlyArray<number>): ReadonlyArray<MdevParent> => {
  const far = ({ numaNode }: MdevParent) => numaNode !== null && nodes.includes(numaNode) ? 0 : 1
  return parents.filter(({ available }) => available > 0).sort((a, b) => far(a) - far(b) || b.available - a.available)
}

export const mdevXml = ({ name, type }: MdevParent, uuid: string): string =>
  render(el("device", {}, el("parent", {}, name), el("capability", { type: "mdev" }, el("type", { id: type }), el("uuid", {}, uuid))))

export const mdevDevice = (uuid: string): Element =>
  el("hostdev", { mode: "subsystem", type: "mdev", model: "vfio-pci" }, el("source", {}, el("address", { uuid })))
