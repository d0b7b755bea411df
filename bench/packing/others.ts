/** Other clouds than the recorded one: parts of it, turned about, on other hosts, with other servers; and some that never were. */
import { drawing } from "../parts/placementFleet.ts"
import type { Arrival } from "./Arrival.ts"
import { type Case, type HostSize, shareOf, usualSize } from "./cases.ts"

export interface Other {
  readonly name: string
  readonly size: HostSize
  readonly arrivals: (trace: ReadonlyArray<Arrival>) => ReadonlyArray<Arrival>
}

const gib = 1024
const secondsOfDay = 86_400
const stepSeconds = 300
const size = (vcpus: number, ramGb: number): HostSize => ({ vcpus, ramMb: ramGb * gib })

/** Of the batches those whose number leaves this rest. */
const part = (rest: number, of: number) => (trace: ReadonlyArray<Arrival>) => trace.filter(({ batch }) => batch % of === rest)

/** Who was there at the end comes first, and goes when it came. */
const reversed = (trace: ReadonlyArray<Arrival>): ReadonlyArray<Arrival> => {
  const last = stepSeconds + trace.reduce((most, { atSeconds, endSeconds }) => Math.max(most, atSeconds, endSeconds === Infinity ? 0 : endSeconds), 0)
  return trace
    .map((one): Arrival => ({ ...one, atSeconds: one.endSeconds === Infinity ? 0 : last - one.endSeconds, endSeconds: last - one.atSeconds }))
    .sort((a, b) => a.atSeconds - b.atSeconds || a.batch - b.batch || a.id - b.id)
}

const midway = (trace: ReadonlyArray<Arrival>): ReadonlyArray<Arrival> => {
  const from = trace[trace.length >> 1]?.atSeconds ?? 0
  return trace.filter(({ atSeconds }) => atSeconds >= from)
}

/** Each batch has the size of another. */
const permuted = (trace: ReadonlyArray<Arrival>): ReadonlyArray<Arrival> => {
  const sizes = [...new Map(trace.map(({ batch, ramMb, vcpus }) => [batch, { ramMb, vcpus }])).values()]
  return trace.map((one) => ({ ...one, ...sizes[Math.floor(shareOf(one.batch) * sizes.length)]! }))
}

/** No server is bigger than a host. */
const withMemory = (trace: ReadonlyArray<Arrival>, times: (one: Arrival) => number): ReadonlyArray<Arrival> =>
  trace.map((one) => ({ ...one, ramMb: Math.min(usualSize.ramMb, one.ramMb * times(one)) }))

/** Memory by chance, half to four times as much. */
const scattered = (one: Arrival): number => 2 ** (Math.floor(shareOf(one.batch * 7) * 4) - 1)

/** Servers of 1 to 32 vCPUs with so many GiB for each, three days long; most stay for an hour or so, some for good. */
const synthetic = (seed: number, gbPerVcpu: ReadonlyArray<number>) => (): ReadonlyArray<Arrival> => {
  const draw = drawing(seed)
  const all: Array<Arrival> = []
  let atSeconds = 0
  for (let batch = 0; atSeconds < 3 * secondsOfDay; batch++) {
    if (draw(16) === 0) atSeconds += stepSeconds
    const vcpus = 2 ** Math.floor(6 * (draw(1000) / 1000) ** 2)
    const ramMb = vcpus * gib * gbPerVcpu[draw(gbPerVcpu.length)]!
    for (let left = draw(5) < 3 ? 1 : 2 + draw(6); left > 0; left--) {
      const stays = stepSeconds * 2 ** draw(12)
      all.push({ id: all.length, atSeconds, endSeconds: draw(50) === 0 ? Infinity : atSeconds + stays, batch, vcpus, ramMb })
    }
  }
  return all
}

export const others: ReadonlyArray<Other> = [
  ...[0, 1, 2, 3].map((rest): Other => ({ name: `quarter ${rest + 1}`, size: usualSize, arrivals: part(rest, 4) })),
  { name: "reversed in time", size: usualSize, arrivals: (trace) => reversed(part(0, 4)(trace)) },
  { name: "begun midway", size: usualSize, arrivals: (trace) => midway(part(1, 2)(trace)) },
  { name: "sizes permuted", size: usualSize, arrivals: (trace) => permuted(part(2, 4)(trace)) },
  { name: "32 CPUs, 128 GB", size: size(32, 128), arrivals: part(0, 4) },
  { name: "96 CPUs, 384 GB", size: size(96, 384), arrivals: part(0, 2) },
  { name: "64 CPUs, 128 GB", size: size(64, 128), arrivals: part(2, 4) },
  { name: "twice the memory", size: usualSize, arrivals: (trace) => withMemory(part(1, 4)(trace), () => 2) },
  { name: "memory by chance", size: usualSize, arrivals: (trace) => withMemory(part(3, 4)(trace), scattered) },
  { name: "synthetic, 2, 4, 8 GiB", size: usualSize, arrivals: synthetic(1, [2, 4, 8]) },
  { name: "synthetic, 2, 4 GiB", size: usualSize, arrivals: synthetic(2, [2, 4]) },
  { name: "synthetic, 1, 8 GiB", size: usualSize, arrivals: synthetic(3, [1, 8]) },
  { name: "synthetic, 4, 8 GiB", size: usualSize, arrivals: synthetic(4, [4, 8]) },
  { name: "synthetic, 96/384", size: size(96, 384), arrivals: synthetic(5, [2, 4, 8]) }
]

export const caseOf = (one: Other, isApart: boolean): Case =>
  ({ name: `${one.name}${isApart ? ", groups apart" : ""}`, size: one.size, pinnedShare: 0, isPaged: false, isApart })
