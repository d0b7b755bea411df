/** A running cloud, asked as an operator: over its API, with the account of a `clouds.yaml`. */
import { readFileSync } from "node:fs"
import { Effect, Schema } from "effect"
import { cannotStart, type StartError } from "./StartError.ts"

interface Account {
  readonly authUrl: string
  readonly username: string
  readonly password: string
  readonly project: string
}

const valueOf = (text: string): string => {
  const value = text.trim()
  return value.startsWith("\"") ? JSON.parse(value) as string : value.replace(/^'(.*)'$/, "$1")
}

/** Of the one cloud: the plain `key: value` lines, at whatever depth. Nothing else of YAML is read. */
export const accountIn = (yaml: string, cloud: string): Account | null => {
  const lines = yaml.split("\n")
  const first = lines.findIndex((line) => new RegExp(`^ +${cloud}:\\s*$`).test(line))
  if (first < 0) return null
  const depth = lines[first]!.search(/\S/)
  const found: Record<string, string> = {}
  for (const line of lines.slice(first + 1)) {
    if (line.trim() !== "" && line.search(/\S/) <= depth) break
    const [, key, value] = /^\s+(\w+):\s+(\S.*)$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) found[key] = valueOf(value)
  }
  const { auth_url: authUrl, password, project_name: project, username } = found
  return authUrl === undefined || username === undefined || password === undefined
    ? null : { authUrl, username, password, project: project ?? "admin" }
}

const readAccount = (file: string, cloud: string): Effect.Effect<Account, StartError> =>
  Effect.flatMap(
    Effect.try({
      try: () => accountIn(readFileSync(file, "utf8"), cloud),
      catch: (cause) => cannotStart(`Cannot read ${file} (OS_CLIENT_CONFIG_FILE): ${cause instanceof Error ? cause.message : String(cause)}`)
    }),
    (account) => account === null
      ? Effect.fail(cannotStart(`${file} has no cloud ${cloud} (OS_CLOUD) with auth_url, username and password`))
      : Effect.succeed(account)
  )

const send = (url: string, init: RequestInit): Effect.Effect<Response, StartError> =>
  Effect.tryPromise({ try: (signal) => fetch(url, { ...init, signal }), catch: () => cannotStart(`${url} does not answer: is the cloud running?`) })

const domain = { id: "default" }
const passwordOf = ({ password, project, username }: Account) => JSON.stringify({
  auth: { identity: { methods: ["password"], password: { user: { name: username, domain, password } } }, scope: { project: { name: project, domain } } }
})

/** Of a fault of the compute API: `{"itemNotFound": {"code": 404, "message": …}}`. */
const faultIn = (body: string): string | undefined => {
  try {
    const [fault] = Object.values(JSON.parse(body) as { readonly [kind: string]: { readonly message?: unknown } })
    return typeof fault?.message === "string" ? fault.message : undefined
  } catch {
    return undefined
  }
}

interface Where {
  /** The path behind the compute service's version; a body makes it a POST. */
  readonly path: string
  readonly body?: object
}

/** Asks the compute service of the cloud that the environment names; else that of the data folder. */
const asked = Effect.fnUntraced(function*({ body, path }: Where, dataDir: string): Effect.fn.Return<unknown, StartError> {
  const { OS_CLIENT_CONFIG_FILE: file = `${dataDir}/clouds.yaml`, OS_CLOUD: cloud = "kilonova" } = process.env
  const account = yield* readAccount(file, cloud)
  const headers = { "content-type": "application/json" }
  const login = yield* send(`${account.authUrl}/auth/tokens`, { method: "POST", headers, body: passwordOf(account) })
  const token = login.headers.get("x-subject-token")
  if (token === null) return yield* Effect.fail(cannotStart(`${account.authUrl} refused the account ${account.username} of ${file}`))
  const base = account.authUrl.replace(/\/identity\/v3\/?$/, "")
  const answer = yield* send(`${base}/compute/v2.1${path}`, {
    method: body === undefined ? "GET" : "POST", headers: { ...headers, "x-auth-token": token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const shown = yield* Effect.promise(() => answer.text())
  return answer.ok ? JSON.parse(shown) : yield* Effect.fail(cannotStart(faultIn(shown) ?? `${answer.status}: ${shown}`))
})

/** What was asked, as the cloud words it and as this release reads it. */
export const answerOf = <A, I>(schema: Schema.Codec<A, I>, where: Where, dataDir: string): Effect.Effect<{ readonly raw: unknown; readonly read: A }, StartError> =>
  Effect.flatMap(asked(where, dataDir), (raw) =>
    Effect.mapBoth(Schema.decodeUnknownEffect(schema)(raw), {
      onSuccess: (read) => ({ raw, read }),
      onFailure: () => cannotStart("The cloud answers as another release would: use the kilonova of that release")
    }))
