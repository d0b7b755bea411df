/** The texts that extra specs and image properties are, read as the reference reads them. */

const truths = new Set(["1", "t", "true", "on", "y", "yes"])

/** Anything that is not a word for true is false. */
export const isTrue = (value: string | number | boolean): boolean => truths.has(String(value).trim().toLowerCase())

/** A whole number with spaces around it, or `null`. */
export const wholeNumber = (value: string | number | boolean): number | null => {
  const text = String(value)
  return /^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null
}
