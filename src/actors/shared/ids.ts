/** The UUID of this version that has these digits, of which there must be 32 at least. */
export const uuidOf = (version: 4 | 5, hex: string): string => {
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** A random (version 4) UUID; `draw` answers numbers from 0 up to 1. Not for secrets. */
export const uuidFrom = (draw: () => number): string => {
  const word = () => Math.floor(draw() * 2 ** 32).toString(16).padStart(8, "0")
  return uuidOf(4, word() + word() + word() + word())
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

/** Nova's short ids, `r-` and eight letters or digits. */
export const reservationIdFrom = (draw: () => number): string =>
  `r-${Array.from({ length: 8 }, () => letters[Math.floor(draw() * letters.length)]).join("")}`
