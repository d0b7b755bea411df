const date = "(\\d{4})(?:-?(\\d{1,2})(?:-?(\\d{1,2})(?:[ T]<time>)?)?)?"
const time = "(\\d{1,2})(?::?(\\d{1,2})(?::?(\\d{1,2})(?:[.,](\\d+))?)?)?(Z|[+-]\\d{2}(?::?\\d{2})?)?"
const form = new RegExp(`^${date.replace("<time>", time)}$`)

const zoneMinutes = (zone: string | undefined): number => {
  if (zone === undefined || zone === "Z") return 0
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0")
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return zone.startsWith("-") ? -minutes : minutes
}

/** A time as clients write it (ISO 8601, any part after the year may lack; no zone is UTC), or `null`. */
export const parseTime = (text: string): string | null => {
  const match = form.exec(text)
  if (match === null) return null
  const [, year, month = "1", day = "1", hour = "0", minute = "0", second = "0", fraction = "", zone] = match
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const
  const millis = Date.UTC(...parts, Number(fraction.padEnd(3, "0").slice(0, 3)))
  const read = new Date(millis)
  const isReal = read.getUTCMonth() === parts[1] && read.getUTCDate() === parts[2] && read.getUTCHours() === parts[3] &&
    read.getUTCMinutes() === parts[4] && read.getUTCSeconds() === parts[5]
  return isReal ? new Date(millis - zoneMinutes(zone) * 60_000).toISOString() : null
}
