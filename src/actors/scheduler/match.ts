/** The operators of extra specs (`>= 4`, `<in> avx`, `<or> a <or> b`), as Nova reads them. */

const number = (text: string): number => text.trim() === "" ? Number.NaN : Number(text)

/** `=` means "at least", as it always did. */
const comparisons: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  "=": (value, wanted) => number(value) >= number(wanted),
  "==": (value, wanted) => number(value) === number(wanted),
  "!=": (value, wanted) => number(value) !== number(wanted),
  ">=": (value, wanted) => number(value) >= number(wanted),
  "<=": (value, wanted) => number(value) <= number(wanted),
  "s==": (value, wanted) => value === wanted,
  "s!=": (value, wanted) => value !== wanted,
  "s<": (value, wanted) => value < wanted,
  "s<=": (value, wanted) => value <= wanted,
  "s>": (value, wanted) => value > wanted,
  "s>=": (value, wanted) => value >= wanted,
  "<in>": (value, wanted) => value.includes(wanted)
}

/** Does the value meet what is wanted? Without an operator they must be the same. A list is one value of several words. */
export const matches = (value: string | ReadonlyArray<string>, wanted: string): boolean => {
  const text = typeof value === "string" ? value : value.join(" ")
  const [operator, ...words] = wanted.split(/\s+/).filter((word) => word !== "")
  // Every other word: the operator stands between them.
  if (operator === "<or>") return words.some((word, at) => at % 2 === 0 && word === text)
  if (operator === "<all-in>") return words.length > 0 && words.every((word) => value.includes(word))
  const compare = operator === undefined || !Object.hasOwn(comparisons, operator) ? undefined : comparisons[operator]
  if (compare === undefined) return text === wanted
  return words[0] !== undefined && compare(text, words[0])
}
