import { isIPv4, isIPv6 } from "node:net"

/** Formats as the reference checks them: what is no string passes, its type is another keyword's business. */

const bare = (text: string) =>
  text.replaceAll("urn:", "").replaceAll("uuid:", "").replace(/^[{}]+|[{}]+$/g, "").replaceAll("-", "").toLowerCase()
/** 32 hexadecimal digits, with or without dashes, braces or a URN's prefix. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{32}$/.test(bare(text))

const iso = /^(\d{4})(?:-?(\d{2})(?:-?(\d{2})(?:[T ](\d{2}):?(\d{2})?(?::?(\d{2})(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?(?:\d{2})?)?)?)?)?$/
/** ISO 8601: a date, perhaps with a time, perhaps with a zone. */
export const isTime = (text: string): boolean => {
  const parts = iso.exec(text)
  if (parts === null) return false
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => part === undefined ? undefined : Number(part))
  const days = new Date(Date.UTC(year!, month ?? 1, 0)).getUTCDate()
  return year! > 0 && inside(month, 1, 12) && inside(day, 1, days) && inside(hour, 0, 23) && inside(minute, 0, 59) &&
    inside(second, 0, 59)
}
const inside = (value: number | undefined, low: number, high: number) =>
  value === undefined || (value >= low && value <= high)

/** Characters outside the alphabet are skipped, as Python's decoder does; what is left must be whole. */
const isBase64 = (text: string): boolean => text.replaceAll(/[^A-Za-z0-9+/=]/g, "").length % 4 === 0

const isCidr = (text: string): boolean => {
  const [address = "", prefix = "", ...more] = text.split("/")
  if (more.length > 0 || /\s/.test(text)) return false
  if (isIPv6(address)) return /^\d{1,3}$/.test(prefix) && Number(prefix) <= 128
  const whole = [...address.split("."), "0", "0", "0"].slice(0, 4).join(".")
  return isIPv4(whole) && (isIPv4(prefix) || (/^\d{1,2}$/.test(prefix) && Number(prefix) <= 32))
}

const isUri = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^\s/]+[^\s]*$/i.test(text)

/** Python spells named groups in its own way. */
const isRegex = (text: string): boolean => {
  if (text === "") return false
  try {
    new RegExp(text.replaceAll("(?P<", "(?<"))
    return true
  } catch {
    return false
  }
}

const strictIPv4 = (text: string) => isIPv4(text) && !/(^|\.)0\d/.test(text)
const anything = () => true

export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  uuid: isUuid,
  "date-time": isTime,
  base64: isBase64,
  cidr: isCidr,
  uri: isUri,
  regex: isRegex,
  ipv4: strictIPv4,
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
  "mac-address": anything,
  url: anything,
  string: anything
}
