/** A stream as one text: `<version> <0|1> <state>`, and without the last part where it was removed. */
export interface Record {
  readonly version: number
  readonly pending: boolean
  readonly state: string | null
}

export const encodeRecord = ({ pending, state, version }: Record): string => {
  const head = `${version} ${pending ? 1 : 0}`
  return state === null ? head : `${head} ${state}`
}

export const decodeRecord = (text: string): Record => {
  const space = text.indexOf(" ")
  return {
    version: Number(text.slice(0, space)),
    pending: text[space + 1] === "1",
    state: text.length === space + 2 ? null : text.slice(space + 3)
  }
}
