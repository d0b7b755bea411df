import { createHash } from "node:crypto"
import { uuidOf } from "../shared/ids.ts"

/** The same name gives the same id, on every runner and after every crash. */
export const namedId = (name: string): string => uuidOf(5, createHash("sha1").update(name).digest("hex"))

/** Neutron's base address, and 24 bits of the port's id; a later attempt takes other bits. */
export const macOf = (portId: string, attempt: number): string => {
  const hex = portId.replaceAll("-", "")
  const bits = attempt === 0
    ? hex.slice(-6)
    : ((Number.parseInt(hex.slice(0, 6), 16) + attempt * 7919) & 0xffffff).toString(16).padStart(6, "0")
  return `fa:16:3e:${bits.slice(0, 2)}:${bits.slice(2, 4)}:${bits.slice(4, 6)}`
}
