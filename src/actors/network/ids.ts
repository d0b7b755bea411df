import { createHash } from "node:crypto"

const shaped = (hex: string, version: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${
    "89ab"[Number.parseInt(hex[16]!, 16) & 3]
  }${hex.slice(17, 20)}-${hex.slice(20, 32)}`

/** The same name gives the same id, on every runner and after every crash. */
export const namedId = (name: string): string => shaped(createHash("sha1").update(name).digest("hex"), "5")

/** Neutron's base address, and 24 bits of the port's id; a later attempt takes other bits. */
export const macOf = (portId: string, attempt: number): string => {
  const hex = portId.replaceAll("-", "")
  const bits = attempt === 0
    ? hex.slice(-6)
    : ((Number.parseInt(hex.slice(0, 6), 16) + attempt * 7919) & 0xffffff).toString(16).padStart(6, "0")
  return `fa:16:3e:${bits.slice(0, 2)}:${bits.slice(2, 4)}:${bits.slice(4, 6)}`
}
