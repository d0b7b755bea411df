/** Which token is which host's, by the text of a token file. Rules only. */
import { Result } from "effect"
import { isToken } from "../../actors/host/AgentCredential.ts"

type Tokens = ReadonlyMap<string, string>

const missing = (hostname: string) => `host ${hostname} has no token; make one with kilonova cluster token ${hostname}`

/** A file with nothing but a token is for the one host there is; else each line is `hostname token`. */
export const parseTokens = (text: string, hostnames: ReadonlyArray<string>): Result.Result<Tokens, ReadonlyArray<string>> => {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))
  const [first, ...others] = lines
  if (first !== undefined && others.length === 0 && isToken(first)) {
    const [hostname, ...rest] = hostnames
    return hostname !== undefined && rest.length === 0
      ? Result.succeed(new Map([[hostname, first]]))
      : Result.fail([`has one token for ${hostnames.length} hosts: give each host its own, one "hostname token" a line`])
  }
  const problems: Array<string> = []
  const tokens = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    const [hostname = "", token = "", ...more] = line.split(/\s+/)
    if (more.length === 0 && isToken(token)) tokens.set(hostname, token)
    else problems.push(`line ${index + 1}: must be "hostname token", with a token that "kilonova cluster token" printed`)
  }
  for (const hostname of hostnames) {
    if (!tokens.has(hostname)) problems.push(missing(hostname))
  }
  return problems.length > 0 ? Result.fail(problems) : Result.succeed(tokens)
}
