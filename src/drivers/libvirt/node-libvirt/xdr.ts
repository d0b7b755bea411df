/**
 * XDR (RFC 4506) as small composable codecs: a layout is a value, and reads and writes by itself.
 *
 * Everything on the wire is big-endian and padded to four bytes. Codecs throw {@link XdrError}; the connection
 * turns that into a typed failure at its edge, so that no layout needs to know about effects.
 */

/** A value that does not fit its layout, or bytes that are not such a value. */
export class XdrError extends Error {
  override readonly name = "XdrError"
}

/** A layout: how an `A` is written to and read from the wire. */
export interface Codec<A> {
  readonly write: (to: XdrWriter, value: A) => void
  readonly read: (from: XdrReader) => A
}

/** The type a codec reads and writes. */

const padding = (length: number): number => (4 - (length & 3)) & 3

/** Collects encoded values into one growing buffer. */
export class XdrWriter {
  #bytes = Buffer.alloc(256)
  #length = 0

  /** Room for `count` more zeroed bytes; answers where they start. */
  reserve(count: number): number {
    const start = this.#length
    const end = start + count
    if (end > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(end, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, start)
      this.#bytes = larger
    }
    this.#length = end
    return start
  }

  uint32(value: number): void {
    const at = this.reserve(4)
    this.#bytes.writeUInt32BE(value >>> 0, at)
  }

  uint64(value: bigint): void {
    const at = this.reserve(8)
    this.#bytes.writeBigUInt64BE(BigInt.asUintN(64, value), at)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length + padding(value.length))
    this.#bytes.set(value, at)
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** Walks over received bytes; never past their end. */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  #take(count: number): number {
    if (count > this.remaining) throw new XdrError(`needs ${count} bytes, ${this.remaining} are left`)
    const at = this.#at
    this.#at += count
    return at
  }

  uint32(): number {
    const at = this.#take(4)
    return this.#bytes.readUInt32BE(at)
  }

  int32(): number {
    return this.uint32() | 0
  }

  uint64(): bigint {
    const at = this.#take(8)
    return this.#bytes.readBigUInt64BE(at)
  }

  float64(): number {
    const at = this.#take(8)
    return this.#bytes.readDoubleBE(at)
  }

  bytes(length: number): Buffer {
    const at = this.#take(length + padding(length))
    return this.#bytes.subarray(at, at + length)
  }
}

const integer = (what: string, min: number, max: number, read: (from: XdrReader) => number): Codec<number> => ({
  write: (to, value) => {
    if (!Number.isInteger(value) || value < min || value > max) throw new XdrError(`${value} is not a ${what}`)
    to.uint32(value)
  },
  read
})

/** Signed 32 bit. */
export const int: Codec<number> = integer("32-bit integer", -0x80000000, 0x7fffffff, (from) => from.int32())
/** Unsigned 32 bit. Characters and shorts are also sent this wide. */
export const uint: Codec<number> = integer("unsigned 32-bit integer", 0, 0xffffffff, (from) => from.uint32())

/** A boolean as libvirt sends it: an integer, where anything but zero is true. */
export const bool: Codec<boolean> = {
  write: (to, value) => to.uint32(value ? 1 : 0),
  read: (from) => from.int32() !== 0
}

/** Signed 64 bit. */
export const hyper: Codec<bigint> = {
  write: (to, value) => {
    if (BigInt.asIntN(64, value) !== value) throw new XdrError(`${value} is not a 64-bit integer`)
    to.uint64(value)
  },
  read: (from) => BigInt.asIntN(64, from.uint64())
}

/** Unsigned 64 bit. */
export const uhyper: Codec<bigint> = {
  write: (to, value) => {
    if (BigInt.asUintN(64, value) !== value) throw new XdrError(`${value} is not an unsigned 64-bit integer`)
    to.uint64(value)
  },
  read: (from) => from.uint64()
}

/** Unsigned 64 bit on the wire, a plain number here: sizes and counts, which stay below 2^53. */
export const size: Codec<number> = {
  write: (to, value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new XdrError(`${value} is not a size`)
    to.uint64(BigInt(value))
  },
  read: (from) => {
    const value = from.uint64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new XdrError(`${value} is too large for a size`)
    return Number(value)
  }
}

export const double: Codec<number> = {
  write: (to, value) => to.float64(value),
  read: (from) => from.float64()
}

/** Bytes of unfixed length, at most `max`. */
export const opaque = (max: number): Codec<Uint8Array> => ({
  write: (to, value) => {
    if (value.length > max) throw new XdrError(`${value.length} bytes, at most ${max} are allowed`)
    to.uint32(value.length)
    to.bytes(value)
  },
  read: (from) => {
    const length = from.uint32()
    if (length > max) throw new XdrError(`${length} bytes, at most ${max} are allowed`)
    return from.bytes(length)
  }
})

const stringBytesMax = 4_194_304
const text = opaque(stringBytesMax)

/** UTF-8 text of at most 4 MiB. */
export const string: Codec<string> = {
  write: (to, value) => text.write(to, Buffer.from(value, "utf8")),
  read: (from) => Buffer.from(text.read(from)).toString("utf8")
}

/** Text in a fixed number of characters, each of them four bytes wide on the wire, ended by a zero. */
export const fixedChars = (length: number): Codec<string> => ({
  write: (to, value) => {
    for (let at = 0; at < length; at++) to.uint32(at < length - 1 ? value.charCodeAt(at) || 0 : 0)
  },
  read: (from) => {
    const codes = Array.from({ length }, () => from.uint32() & 0xff)
    const end = codes.indexOf(0)
    return String.fromCharCode(...(end < 0 ? codes : codes.slice(0, end)))
  }
})

/** Sixteen bytes on the wire, lower-case text with dashes here. */
export const uuid: Codec<string> = {
  write: (to, value) => {
    const hex = value.replaceAll("-", "")
    if (!/^[0-9a-fA-F]{32}$/.test(hex)) throw new XdrError(`"${value}" is not a UUID`)
    to.bytes(Buffer.from(hex, "hex"))
  },
  read: (from) => {
    const hex = from.bytes(16).toString("hex")
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
  }
}

/** A value that may be absent. */
export const nullable = <A>(of: Codec<A>): Codec<A | null> => ({
  write: (to, value) => {
    to.uint32(value === null ? 0 : 1)
    if (value !== null) of.write(to, value)
  },
  read: (from) => (from.uint32() === 0 ? null : of.read(from))
})

/** A list of at most `max` items. */
export const list = <A>(of: Codec<A>, max: number): Codec<ReadonlyArray<A>> => ({
  write: (to, value) => {
    if (value.length > max) throw new XdrError(`${value.length} items, at most ${max} are allowed`)
    to.uint32(value.length)
    for (const item of value) of.write(to, item)
  },
  read: (from) => {
    const length = from.uint32()
    // No item is shorter than four bytes: a false length must not make us allocate.
    if (length > max || length * 4 > from.remaining) throw new XdrError(`a list of ${length} items does not fit`)
    return Array.from({ length }, () => of.read(from))
  }
})

/** Named fields, in the order they are written down. */
export const struct = <A extends object>(fields: { readonly [K in keyof A]: Codec<A[K]> }): Codec<A> => {
  const keys = Object.keys(fields) as Array<keyof A>
  return {
    write: (to, value) => {
      for (const key of keys) fields[key].write(to, value[key])
    },
    read: (from) => Object.fromEntries(keys.map((key) => [key, fields[key].read(from)])) as A
  }
}

/** No bytes at all. */
export const nothing: Codec<void> = { write: () => {}, read: () => {} }

/** Reads `B` where the wire has an `A`, and back. */
export const map = <A, B>(of: Codec<A>, to: (a: A) => B, from: (b: B) => A): Codec<B> => ({
  write: (writer, value) => of.write(writer, from(value)),
  read: (reader) => to(of.read(reader))
})

/** Encodes one value to bytes. */
export const encode = <A>(codec: Codec<A>, value: A): Buffer => {
  const writer = new XdrWriter()
  codec.write(writer, value)
  return writer.finish()
}

/** Decodes one value; bytes after it are ignored, since newer daemons may append fields. */
export const decode = <A>(codec: Codec<A>, bytes: Buffer): A => codec.read(new XdrReader(bytes))
