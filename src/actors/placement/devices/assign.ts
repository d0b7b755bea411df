import type { HostDevice } from "./Device.ts"

/** One device that is asked for, and which may be it, the dearest first. */
export interface Wish {
  readonly devices: ReadonlyArray<HostDevice>
  /** It takes a physical function, and so its virtual ones from all others. */
  readonly isOfPf: boolean
}

type Owners = Map<HostDevice, number>

const seat = (wishes: ReadonlyArray<Wish>, seeker: number, gone: ReadonlySet<string>, owners: Owners, tried: Set<HostDevice>): boolean => {
  for (const device of wishes[seeker]!.devices) {
    if (tried.has(device) || gone.has(device.parent ?? "")) continue
    tried.add(device)
    const owner = owners.get(device)
    if (owner !== undefined && !seat(wishes, owner, gone, owners, tried)) continue
    owners.set(device, seeker)
    return true
  }
  return false
}

/** Each wish a device of its own, those who have one moving to another where that helps (Kuhn); `gone`: taken physical functions. */
const seatAll = (wishes: ReadonlyArray<Wish>, seekers: ReadonlyArray<number>, gone: ReadonlySet<string>): Owners | null => {
  const owners: Owners = new Map()
  return seekers.every((seeker) => seat(wishes, seeker, gone, owners, new Set())) ? owners : null
}

/** Physical functions that serve the same wishes and hide the same devices are as good as each other: one of them is tried. */
const kindOf = (wishes: ReadonlyArray<Wish>, pf: HostDevice): string => {
  const wanted = wishes.map(({ devices }) => devices.includes(pf) ? 1 : 0).join("")
  const hidden = wishes.map(({ devices }) => devices.reduce((count, { parent }) => parent === pf.address ? count + 1 : count, 0)).join()
  return `${wanted} ${hidden}`
}

/** A device of its own for each wish, and none whose physical function another has; `null`: there is no way. */
export const assign = (wishes: ReadonlyArray<Wish>): ReadonlyArray<HostDevice> | null => {
  const ofPf = wishes.flatMap(({ isOfPf }, at) => isOfPf ? [at] : [])
  const others = wishes.flatMap(({ isOfPf }, at) => isOfPf ? [] : [at])
  const chosen: Array<HostDevice> = []
  const withPfs = (): ReadonlyArray<HostDevice> | null => {
    const wish = ofPf[chosen.length]
    if (wish === undefined) {
      const owners = seatAll(wishes, others, new Set(chosen.map(({ address }) => address)))
      if (owners === null) return null
      const given: Array<HostDevice> = []
      ofPf.forEach((at, index) => given[at] = chosen[index]!)
      for (const [device, at] of owners) given[at] = device
      return given
    }
    const tried = new Set<string>()
    for (const pf of wishes[wish]!.devices) {
      const kind = kindOf(wishes, pf)
      if (chosen.includes(pf) || tried.has(kind)) continue
      tried.add(kind)
      chosen.push(pf)
      const found = withPfs()
      if (found !== null) return found
      chosen.pop()
    }
    return null
  }
  return withPfs()
}
