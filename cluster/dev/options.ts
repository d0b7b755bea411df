/** What `npm run cluster` is told. */
import { join } from "node:path"
import { parseArgs } from "node:util"

export interface Options {
  readonly runners: number
  readonly hosts: number
  /** Of the front; 0: any free one. */
  readonly port: number
  readonly dataDir: string
  /** Whatever the data folder holds is removed first. */
  readonly isFresh: boolean
}

export const help = `npm run cluster -- [options]

Runs a whole cluster on this machine: Redis, runners, one address in front of them, and an agent with simulated
hosts. What ends unexpectedly is started again; Ctrl-C stops everything, and the next start goes on where it was.

  --runners COUNT     Number of runners, 1 to 9 (default 3)
  --hosts COUNT       Number of simulated hosts, 1 to 10000 (default 100)
  --port PORT         TCP port of the front; 0 takes a free one (default 8774)
  --data-dir FOLDER   Folder of all that is kept (default .data/cluster)
  --fresh             Start with an empty cloud: what the folder holds is removed
  --help              This text
`

const count = (name: string, given: string, min: number, max: number): number => {
  if (/^\d+$/.test(given) && Number(given) >= min && Number(given) <= max) return Number(given)
  throw new Error(`--${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(given)}`)
}

/** `null`: the help was asked for. Throws a sentence about what is wrong. */
export const parse = (args: ReadonlyArray<string>, root: string): Options | null => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runners: { type: "string", default: "3" },
      hosts: { type: "string", default: "100" },
      port: { type: "string", default: "8774" },
      "data-dir": { type: "string", default: join(root, ".data", "cluster") },
      fresh: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return null
  return {
    runners: count("runners", values.runners, 1, 9),
    hosts: count("hosts", values.hosts, 1, 10_000),
    port: count("port", values.port, 0, 65_000),
    dataDir: values["data-dir"],
    isFresh: values.fresh
  }
}
