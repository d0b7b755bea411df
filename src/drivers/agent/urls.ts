/** The runners an agent knows: those it was given, and those it was told of. */
import { Limits } from "../../runtime/Limits.ts"

export interface Urls {
  readonly learn: (urls: ReadonlyArray<string>) => void
  /** The next one to dial, in turn. */
  readonly next: () => string
  /** Dial this one next: it is said to own the host. */
  readonly prefer: (url: string) => void
  readonly size: () => number
}

const isUrl = (text: string): boolean => URL.canParse(text) && /^(https?|wss?):$/.test(new URL(text).protocol)

export const makeUrls = (given: ReadonlyArray<string>, first: number): Urls => {
  let known = [...given]
  let turn = first
  let preferred: string | undefined
  return {
    learn: (urls) => {
      known = [...new Set([...given, ...urls.filter(isUrl)])].slice(0, Math.max(given.length, Limits.agentUrlsMax))
    },
    next: () => {
      if (preferred === undefined) return known[turn++ % known.length]!
      const url = preferred
      preferred = undefined
      return url
    },
    prefer: (url) => {
      if (isUrl(url)) preferred = url
    },
    size: () => known.length
  }
}
