/** What a client wants an answer to be: its Accept header, weighed against the types on offer. */

interface Range {
  readonly type: string
  readonly quality: number
  readonly hasParameters: boolean
}

const token = "[\\w!#$%&'*+.^`|~-]+"
const typeForm = new RegExp(`^${token}/${token}$`)
const parameterForm = new RegExp(`^${token}=`)

const rangeOf = (text: string): Range | undefined => {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase())
  if (!typeForm.test(type) || !parameters.every((parameter) => parameterForm.test(parameter))) return undefined
  const quality = parameters.find((parameter) => parameter.startsWith("q="))
  return {
    type,
    quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0,
    hasParameters: parameters.some((parameter) => !parameter.startsWith("q="))
  }
}

/** The narrowest range that covers the type; one with parameters covers nothing, since no offer has any. */
const qualityOf = (ranges: ReadonlyArray<Range>, offer: string): number => {
  const widening = [offer, `${offer.split("/")[0]}/*`, "*/*"]
  for (const type of widening) {
    const range = ranges.find((each) => each.type === type && !each.hasParameters)
    if (range !== undefined) return range.quality
  }
  return 0
}

const json = "application/json"

/** The best first. Whoever wants nothing in particular wants JSON; a header that cannot be read forbids nothing. */
const accepted = (header: string | undefined, offers: ReadonlyArray<string>): ReadonlyArray<string> => {
  const text = header?.trim() ?? ""
  const ranges = (text === "" || text === "*/*" ? json : text).split(",").map(rangeOf)
  if (ranges.includes(undefined)) return offers
  const qualities = new Map(offers.map((offer) => [offer, qualityOf(ranges as ReadonlyArray<Range>, offer)]))
  return offers.filter((offer) => qualities.get(offer)! > 0).toSorted((a, b) => qualities.get(b)! - qualities.get(a)!)
}

export const acceptsJson = (header: string | undefined): boolean => accepted(header, [json]).length > 0

/** What an error is written in: plain text where neither of the others is wanted. */
export const errorFormOf = (header: string | undefined): "text/html" | "application/json" | "text/plain" =>
  (accepted(header, ["text/html", json])[0] ?? "text/plain") as "text/html"
