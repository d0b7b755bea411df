/** What the command line of the bench means. */
export interface Options {
  readonly parts: ReadonlyArray<string>
  readonly isQuick: boolean
  readonly rounds: number | null
  /** Of the trace that is packed, one batch in so many. */
  readonly every: number | null
  /** Where data folders are made: on the disk that is to be measured. */
  readonly folder: string | null
  readonly out: string | null
  readonly isHelp: boolean
}

const valued = ["rounds", "every", "folder", "out"] as const
type Valued = (typeof valued)[number]

/** The options, or what is wrong with them. `cluster` stands for all parts named `cluster-…`; none named: those of `byDefault`. */
export const parse = (
  args: ReadonlyArray<string>,
  known: ReadonlyArray<string>,
  byDefault: ReadonlyArray<string> = known
): Options | { readonly problem: string } => {
  const membersOf = (group: string) => known.filter((part) => part.startsWith(`${group}-`))
  const parts: Array<string> = []
  const values: { [K in Valued]?: string } = {}
  let isQuick = false
  let isHelp = false
  const rest = args.flatMap((arg) => /^--\w+=/.test(arg) ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] : [arg])
  while (rest.length > 0) {
    const arg = rest.shift()!
    const name = valued.find((candidate) => arg === `--${candidate}`)
    if (arg === "--quick") isQuick = true
    else if (arg === "--help" || arg === "-h") isHelp = true
    else if (name !== undefined) {
      const value = rest.shift()
      if (value === undefined || value === "") return { problem: `--${name} needs a value` }
      values[name] = value
    } else if (arg.startsWith("-")) return { problem: `${arg} is not an option` }
    else if (known.includes(arg)) parts.push(arg)
    else if (membersOf(arg).length > 0) parts.push(...membersOf(arg))
    else return { problem: `${arg} is not a part; there are: ${known.join(", ")}` }
  }
  if (values.rounds !== undefined && !/^[1-9]\d{0,2}$/.test(values.rounds)) {
    return { problem: `--rounds must be a whole number from 1 to 999, not ${values.rounds}` }
  }
  if (values.every !== undefined && !/^[1-9]\d{0,2}$/.test(values.every)) {
    return { problem: `--every must be a whole number from 1 to 999, not ${values.every}` }
  }
  return {
    // In the order of the list, whatever that of the arguments: some parts build on others' work.
    parts: parts.length === 0 ? byDefault : known.filter((part) => parts.includes(part)),
    isQuick,
    isHelp,
    rounds: values.rounds === undefined ? null : Number(values.rounds),
    every: values.every === undefined ? null : Number(values.every),
    folder: values.folder ?? null,
    out: values.out ?? null
  }
}
