/** The built-in Keystone: tokens, passwords and the records behind them. */
import { Clock, Context, Effect, Layer, Semaphore } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { isRefusal, type Refusal, refuse } from "../shared/Refusal.ts"
import { Accounts, type Bootstrapped } from "./AccountsProtocol.ts"
import { type AuthRequest, scopeOf, userOf } from "./authentication.ts"
import { bootstrap, defaultDomainId, tokenKeyId } from "./bootstrap.ts"
import { directoryOf, makeChange } from "./ChangeService.ts"
import { type Directory, nameKey, type Scope, type User } from "./Directory.ts"
import { Identity } from "./IdentityProtocol.ts"
import { Lru } from "./Lru.ts"
import { type Cost, decoyHash, hashPassword, matchesHash } from "./password.ts"
import { type Proven, provenBy } from "./ProofService.ts"
import { forbidden, unauthenticated } from "./refusals.ts"
import { revoke } from "./revocations.ts"
import { callerOf, standingOf } from "./standing.ts"
import { type Claims, type Method, read, sign } from "./token.ts"
import { changePassword } from "./users.ts"

export interface IdentityOptions {
  readonly tokenLifeMillis?: number
  readonly passwordCost?: Cost
}

const defaultCost: Cost = { logN: Limits.passwordCostLogN, blockSize: Limits.passwordBlockSize, parallel: 1 }
const badToken = refuse("unauthorized", "The request you have made requires authentication.", "InvalidToken")

/** Claims of tokens by their text; a signature that was good once is good as long as its key is. */
const makeReader = (directory: Directory) => {
  const known = new Lru<Claims>(Limits.tokensCachedMax)
  let secret: string | undefined
  let key: Uint8Array = new Uint8Array(0)
  const current = (): Uint8Array | undefined => {
    const stored = directory.get("tokenKey", tokenKeyId)?.secret
    if (stored !== secret) {
      known.clear()
      secret = stored
      key = Buffer.from(stored ?? "", "base64url")
    }
    return secret === undefined ? undefined : key
  }
  return {
    current,
    claims: (token: string): Claims | undefined => {
      const signingKey = current()
      if (signingKey === undefined) return undefined
      const seen = known.get(token)
      if (seen !== undefined) return seen
      const claims = read(token, signingKey)
      if (claims !== undefined) known.set(token, claims)
      return claims
    }
  }
}

/** A token made from an application credential keeps to the credential's project. */
const scopeFor = (directory: Directory, user: User, proven: ReadonlyArray<Proven>, request: AuthRequest["scope"]) => {
  const credential = proven.find((proof) => proof.credential !== null)?.credential
  if (credential === undefined || credential === null) return scopeOf(directory, user, request)
  const own: Scope = { kind: "project", id: credential.projectId }
  if (request.kind === "default") return own
  const asked = scopeOf(directory, user, request)
  if (isRefusal(asked)) return asked
  return asked?.kind === "project" && asked.id === own.id
    ? own
    : forbidden("A token of an application credential cannot be scoped anew.")
}

const make = Effect.fnUntraced(function*(options: IdentityOptions) {
  const records = yield* Records
  const random = yield* SecureRandom.SecureRandom
  const directory = directoryOf(records)
  const change = yield* makeChange(records, random)
  const reader = makeReader(directory)
  const hashing = yield* Semaphore.make(Limits.passwordHashesMax)
  const cost = options.passwordCost ?? defaultCost
  const decoy = decoyHash(cost)
  const tokenLifeMillis = options.tokenLifeMillis ?? Limits.tokenLifeMillis

  const secret = (bytes: number) =>
    Effect.map(random.randomBytes(bytes), (drawn) => Buffer.from(drawn).toString("base64url"))
  const hash = (password: string) =>
    random.randomBytes(16).pipe(
      Effect.flatMap((salt) => Effect.promise(() => hashPassword(password, salt, cost))),
      hashing.withPermit
    )
  /** Takes as long whether or not there is anything to match. */
  const matches = (password: string, stored: string | null | undefined) =>
    hashing.withPermit(Effect.promise(() => matchesHash(password, stored ?? decoy)))

  const standing = (token: string, now: number) => {
    const claims = reader.claims(token)
    return claims === undefined ? undefined : standingOf(directory, claims, now)
  }
  const inspect = (token: string) =>
    Clock.clockWith((clock) => {
      const found = standing(token, clock.currentTimeMillisUnsafe())
      return found === undefined ? Effect.fail(badToken) : Effect.succeed(found)
    })

  const issue = Effect.fnUntraced(function*(proven: ReadonlyArray<Proven>, request: AuthRequest) {
    const key = reader.current()
    const user = proven[0]!.user
    if (key === undefined || proven.some((proof) => proof.user.id !== user.id || proof.user.epoch !== user.epoch)) {
      return yield* unauthenticated
    }
    const scope = scopeFor(directory, user, proven, request.scope)
    if (isRefusal(scope)) return yield* scope
    const now = yield* Clock.currentTimeMillis
    const parents = proven.flatMap((proof) => proof.parent ?? [])
    const limits = proven.flatMap((proof) => proof.credential?.expiresAt ?? [])
    const claims: Claims = {
      userId: user.id,
      epoch: user.epoch,
      methods: [...new Set(proven.flatMap((proof): ReadonlyArray<Method> => [proof.method, ...(proof.parent?.methods ?? [])]))],
      scope,
      issuedAt: now,
      expiresAt: Math.min(now + tokenLifeMillis, ...limits, ...parents.map((parent) => parent.expiresAt)),
      auditIds: [yield* secret(16), ...parents.flatMap((parent) => parent.auditIds.slice(-1)).slice(0, 1)],
      applicationCredentialId: proven.find((proof) => proof.credential !== null)?.credential?.id ?? null
    }
    const issued = standingOf(directory, claims, now)
    return issued === undefined ? yield* unauthenticated : { token: sign(claims, key), standing: issued }
  })

  const prove = provenBy({ directory, inspect, matches })
  const authenticate = Effect.fn("identity.authenticate")(function*(request: AuthRequest) {
    const proven = yield* Effect.forEach(request.proofs, prove)
    return yield* issue(proven, request)
  })

  const changeOwnPassword = Effect.fn("identity.changePassword")(
    function*(userId: string, original: string, password: string) {
      const user = userOf(directory, { id: userId })
      if (!(yield* matches(original, user?.passwordHash)) || user === undefined) return yield* unauthenticated
      const passwordHash = yield* hash(password)
      yield* change((now) => changePassword(now, userId, user.passwordHash, passwordHash))
    }
  )

  const setPassword = Effect.fnUntraced(function*(userId: string, password: string): Effect.fn.Return<string | null, Refusal> {
    const user = directory.get("user", userId)
    if (yield* matches(password, user?.passwordHash)) return null
    const passwordHash = yield* hash(password)
    yield* change((now) => {
      const newest = now.get("user", userId)
      const edits = newest === undefined
        ? []
        : [{ kind: "user" as const, put: { ...newest, passwordHash, epoch: newest.epoch + 1 } }]
      return { edits, result: null }
    })
    return password
  })

  const begin = Effect.fn("identity.bootstrap")(
    function*(given: { readonly password?: string }): Effect.fn.Return<Bootstrapped, Refusal> {
      const password = given.password ?? (yield* secret(18))
      const isThere = directory.named("user", nameKey(defaultDomainId, "admin")) !== undefined
      const passwordHash = isThere ? "" : yield* hash(password)
      const tokenSecret = yield* secret(32)
      const ids = new Map<string, string>()
      for (const name of ["reader", "member", "manager", "admin", "service"]) ids.set(`role ${name}`, yield* random.uuidV4())
      for (const name of ["project admin", "project service", "user admin"]) ids.set(name, yield* random.uuidV4())
      const idOf = (name: string) => ids.get(name)!.replaceAll("-", "")
      const { isFirst, projectId, userId } = yield* change((now) => bootstrap(now, { idOf, passwordHash, tokenSecret }))
      if (isFirst) return { projectId, userId, password }
      return { projectId, userId, password: given.password === undefined ? null : yield* setPassword(userId, given.password) }
    }
  )

  const accounts = Accounts.of({
    directory,
    inspect,
    authenticate,
    revoke: (token) =>
      Effect.flatMap(inspect(token), ({ claims }) => change((now, fresh) => revoke(now, claims, fresh.now))),
    change,
    hash,
    secret,
    changePassword: changeOwnPassword,
    bootstrap: begin
  })
  const identity = Identity.of({
    verify: (token) => Effect.map(inspect(token), callerOf),
    hasProject: (projectId) => Effect.sync(() => directory.get("project", projectId) !== undefined)
  })
  return Context.make(Accounts, accounts).pipe(Context.add(Identity, identity))
})

const layerNoDeps = (
  options: IdentityOptions = {}
): Layer.Layer<Identity | Accounts, never, Records | SecureRandom.SecureRandom> => Layer.effectContext(make(options))

export const layer = (options: IdentityOptions = {}): Layer.Layer<Identity | Accounts, never, Records> =>
  Layer.provide(layerNoDeps(options), SecureRandom.layerWebCrypto)
