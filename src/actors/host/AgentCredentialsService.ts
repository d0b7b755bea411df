import { randomBytes } from "node:crypto"
import { Clock, Effect, Layer, Result } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { refuse } from "../shared/Refusal.ts"
import { isoOf } from "../shared/time.ts"
import { agentCredentials, keyOf, tokenOf } from "./AgentCredential.ts"
import { AgentCredentials } from "./AgentCredentialsProtocol.ts"

const hostnamePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/

const wrongName = (hostname: string) =>
  refuse("badRequest", `HOST: "${hostname}" is no hostname: give up to 255 letters, digits, dots, dashes and underscores.`)

const unknown = (hostname: string) =>
  refuse("notFound", `HOST: ${hostname} has no credential to end: make one with "kilonova cluster token ${hostname}".`)

export const layer = Layer.effect(AgentCredentials, Effect.gen(function*() {
  const records = yield* Records

  const create = Effect.fnUntraced(function*(hostname: string) {
    if (!hostnamePattern.test(hostname)) return yield* Effect.fail(wrongName(hostname))
    const token = tokenOf(randomBytes(Limits.agentTokenBytes))
    const put = { hostname, key: keyOf(token), createdAt: isoOf(yield* Clock.currentTimeMillis), revokedAt: null }
    return yield* decideAndWrite(records, () =>
      Result.succeed({
        changes: [{ table: agentCredentials, put, expect: records.version(agentCredentials, hostname) }],
        answer: { hostname, token }
      }))
  })

  const revoke = Effect.fnUntraced(function*(hostname: string) {
    const revokedAt = isoOf(yield* Clock.currentTimeMillis)
    yield* decideAndWrite(records, () => {
      const known = records.get(agentCredentials, hostname)
      if (known === undefined) return Result.fail(unknown(hostname))
      const expect = records.version(agentCredentials, hostname)
      return Result.succeed({
        changes: known.revokedAt === null ? [{ table: agentCredentials, put: { ...known, revokedAt }, expect }] : [],
        answer: undefined
      })
    })
  })

  return AgentCredentials.of({
    create,
    revoke,
    list: () =>
      [...records.all(agentCredentials)]
        .map(({ createdAt, hostname, revokedAt }) => ({ hostname, createdAt, revokedAt }))
        .toSorted((a, b) => a.hostname < b.hostname ? -1 : 1)
  })
}))
