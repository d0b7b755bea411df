/** Layouts that several procedures share. */
import { domainStates, type DomainState } from "./constants.ts"
import { type Codec, int, list, map, nullable, opaque, size, string, struct, uint, uhyper, uuid } from "./xdr.ts"

/** A domain as the daemon names it. `id` is -1 while it does not run; the UUID decides. */
export interface DomainRef {
  readonly name: string
  readonly uuid: string
  readonly id: number
}
export const domain: Codec<DomainRef> = struct({ name: string, uuid, id: int })
export const domains = list(domain, 16_384)

/** A domain nobody looked up: the daemon finds it by UUID alone, but wants some name. */
export const domainByUuid = (id: string): DomainRef => ({ name: id, uuid: id, id: -1 })

export interface NetworkRef {
  readonly name: string
  readonly uuid: string
}
/** Networks, storage pools and filters are all named like this. */
export const named: Codec<NetworkRef> = struct({ name: string, uuid })

export interface VolumeRef {
  readonly pool: string
  readonly name: string
  /** Unique on the host; for files, the path. */
  readonly key: string
}
export const volume: Codec<VolumeRef> = struct({ pool: string, name: string, key: string })

export interface SnapshotRef {
  readonly name: string
  readonly domain: DomainRef
}
export const snapshot: Codec<SnapshotRef> = struct({ name: string, domain })

export const text = nullable(string)
/** Bit n is CPU n, lowest bit of the first byte first. */
export const cpuMap = opaque(2_048)
export const cpuMaps = opaque(8_388_608)

/** A domain's state by name; a number newer than this client reads as `nostate`. */
export const state: Codec<DomainState> = map(
  int,
  (number) => domainStates[number] ?? "nostate",
  (name) => domainStates.indexOf(name)
)

/** Lists are sent with a count behind them that repeats their length. */
export const counted = <A>(items: Codec<ReadonlyArray<A>>): Codec<ReadonlyArray<A>> =>
  map(
    struct({ items, count: uint }),
    (value) => value.items,
    (value) => ({ items: value, count: value.length })
  )

/** Sizes in KiB, `cpuNanos` spent since the start. */
export interface DomainInfo {
  readonly state: DomainState
  readonly maxMemoryKib: number
  readonly memoryKib: number
  readonly vcpus: number
  readonly cpuNanos: bigint
}
export const domainInfo: Codec<DomainInfo> = struct({
  state, maxMemoryKib: size, memoryKib: size, vcpus: uint, cpuNanos: uhyper
})

/** Packs CPU numbers into a CPU map of `hostCpus` bits. */
export const cpuMapOf = (cpus: Iterable<number>, hostCpus: number): Uint8Array => {
  const bytes = new Uint8Array(Math.ceil(hostCpus / 8))
  for (const cpu of cpus) {
    if (cpu >= 0 && cpu < hostCpus) bytes[cpu >> 3] = (bytes[cpu >> 3] ?? 0) | (1 << (cpu & 7))
  }
  return bytes
}

/** The CPU numbers set in a CPU map. */
export const cpusOf = (bytes: Uint8Array): ReadonlyArray<number> =>
  Array.from(bytes).flatMap((byte, at) => [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => at * 8 + bit))
