/** The error body of a reply or stream packet. */
import type { Frame } from "./frame.ts"
import { domain, named } from "./layouts.ts"
import { LibvirtError, type LibvirtFailure, LibvirtProtocolError } from "./LibvirtError.ts"
import { decode, encode, int, nullable, string, struct } from "./xdr.ts"

const layout = struct({
  code: int,
  domain: int,
  message: nullable(string),
  level: int,
  about: nullable(domain),
  text1: nullable(string),
  text2: nullable(string),
  text3: nullable(string),
  number1: int,
  number2: int,
  network: nullable(named)
})

/** Reads what the daemon says went wrong with `procedure`. */
export const readRemoteError = (procedure: string, frame: Frame): LibvirtFailure => {
  try {
    const { code, domain, level, message } = decode(layout, frame.body)
    return new LibvirtError({ procedure, code, domain, level, message: message ?? `libvirt error ${code}` })
  } catch (error) {
    return new LibvirtProtocolError({ procedure, message: `an error that cannot be read: ${String(error)}` })
  }
}

/** An error as a daemon sends it: what stand-in daemons need. */
export const writeRemoteError = (error: {
  readonly code: number
  readonly domain: number
  readonly message: string
  readonly level: number
}): Buffer =>
  encode(layout, { ...error, about: null, text1: null, text2: null, text3: null, number1: 0, number2: 0, network: null })
