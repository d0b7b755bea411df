import { Effect, Result } from "effect"
import { Flavors } from "../../../../actors/catalog/FlavorsProtocol.ts"
import { extraSpecNotFound, sorted } from "../../../../actors/catalog/flavorRules.ts"
import { Identity } from "../../../../actors/identity/IdentityProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import type { Outcome } from "../Operations.ts"
import { nextLinks, pageOf } from "../paging.ts"
import { isTruth, isUntruth } from "../types.ts"
import * as behaviours from "./behaviours.ts"
import { violationOf } from "./extraSpecs.ts"
import { accessRows, render } from "./fields.ts"

const id = (call: Call) => call.params["id"]!
const theFlavor = (call: Call) => Effect.flatMap(Flavors, (flavors) => flavors.get(call.caller, id(call)))

/** Only administrators choose; what the word means is Python's idea of a boolean, in any case. */
const isPublicOf = (call: Call): Result.Result<boolean | null, Refusal> => {
  const word = call.query.get("is_public")
  if (!call.caller.isAdmin || word === null) return Result.succeed(true)
  if (word.toLowerCase() === "none") return Result.succeed(null)
  const text = word.trim().toLowerCase()
  if (isTruth(text) || text === "t" || text === "y") return Result.succeed(true)
  if (isUntruth(text) || text === "f" || text === "n") return Result.succeed(false)
  return Result.fail(refuse("badRequest", `Invalid is_public filter [${word}]`))
}

const wholeOf = (call: Call, name: string, means: string): Result.Result<number, Refusal> => {
  const text = call.query.get(name)
  if (text === null || text === "") return Result.succeed(0)
  return /^\s*[+-]?\d+\s*$/.test(text) ? Result.succeed(Number(text)) : Result.fail(refuse("badRequest", `Invalid ${means} filter [${text}]`))
}

const list = (view: string) => (call: Call) =>
  Effect.gen(function*() {
    const flavors = yield* Flavors
    const filter = {
      isPublic: yield* Effect.fromResult(isPublicOf(call)),
      minRamMb: yield* Effect.fromResult(wholeOf(call, "minRam", "min_ram")),
      minDiskGb: yield* Effect.fromResult(wholeOf(call, "minDisk", "minDisk")),
      name: call.query.get("name")
    }
    const all = sorted(flavors.list(call.caller, filter), call.query.get("sort_key") ?? "flavorid", call.query.get("sort_dir") === "desc")
    const page = yield* Effect.fromResult(pageOf(call, all, (flavor) => flavor.id))
    return {
      body: { flavors: page.items.map((flavor) => render(call, view, flavor)), ...nextLinks(call, "flavors_links", page.next) }
    }
  })
export const index = list("index")
export const detail = list("detail")

export const show = (call: Call) =>
  Effect.map(theFlavor(call), (flavor): Outcome => ({ body: { flavor: render(call, "detail", flavor) } }))

interface CreateBody {
  readonly name: string
  readonly id?: string | number | null
  readonly ram: number
  readonly vcpus: number
  readonly disk: number
  readonly swap?: number
  readonly rxtx_factor?: number
  readonly description?: string | null
  readonly "OS-FLV-EXT-DATA:ephemeral"?: number
  readonly "os-flavor-access:is_public"?: boolean
}

export const create = Effect.fnUntraced(function*(call: Call) {
  const asked = (call.body as { readonly flavor: CreateBody }).flavor
  const flavor = yield* (yield* Flavors).create({
    id: asked.id === undefined || asked.id === null || asked.id === "auto" ? null : String(asked.id),
    name: asked.name,
    ramMb: asked.ram,
    vcpus: asked.vcpus,
    diskGb: asked.disk,
    swapMb: asked.swap ?? 0,
    ephemeralGb: asked["OS-FLV-EXT-DATA:ephemeral"] ?? 0,
    rxtxFactor: asked.rxtx_factor ?? 1,
    isPublic: asked["os-flavor-access:is_public"] ?? true,
    description: asked.description ?? null
  })
  return { body: { flavor: render(call, "detail", flavor) } }
})

export const update = Effect.fnUntraced(function*(call: Call) {
  const { description } = (call.body as { readonly flavor: { readonly description: string | null } }).flavor
  const flavor = yield* (yield* Flavors).describe(call.caller, id(call), description)
  return { body: { flavor: render(call, "detail", flavor) } }
})

export const remove = (call: Call) =>
  Effect.flatMap(Flavors, (flavors) => Effect.as(flavors.remove(call.caller, id(call)), {}))

export const listExtraSpecs = (call: Call) => Effect.map(theFlavor(call), (flavor) => ({ body: { extra_specs: flavor.extraSpecs } }))

export const showExtraSpec = Effect.fnUntraced(function*(call: Call) {
  const flavor = yield* theFlavor(call)
  const key = call.params["key"]!
  if (!Object.hasOwn(flavor.extraSpecs, key)) return yield* extraSpecNotFound(flavor.id, key)
  return { body: { [key]: flavor.extraSpecs[key] } }
})

/** Numbers become text: a spec is text. The answer is what was asked, as it was asked. */
const setSpecs = Effect.fnUntraced(function*(call: Call, asked: Readonly<Record<string, string | number>>) {
  const specs = Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, String(value)]))
  if (call.within(behaviours.validatesExtraSpecs)) {
    for (const key in specs) {
      const violation = violationOf(key, specs[key]!)
      if (violation !== null) return yield* refuse("badRequest", violation)
    }
  }
  yield* (yield* Flavors).setExtraSpecs(call.caller, id(call), specs)
  return asked
})

export const createExtraSpecs = (call: Call) =>
  Effect.map(
    setSpecs(call, (call.body as { readonly extra_specs: Readonly<Record<string, string | number>> }).extra_specs),
    (specs) => ({ body: { extra_specs: specs } })
  )

export const updateExtraSpec = Effect.fnUntraced(function*(call: Call) {
  const asked = call.body as Readonly<Record<string, string | number>>
  const key = call.params["key"]!
  if (!Object.hasOwn(asked, key)) return yield* refuse("badRequest", "Request body and URI mismatch")
  return { body: yield* setSpecs(call, asked) }
})

export const removeExtraSpec = (call: Call) =>
  Effect.flatMap(Flavors, (flavors) => Effect.as(flavors.removeExtraSpec(call.caller, id(call), call.params["key"]!), {}))

export const listAccess = Effect.fnUntraced(function*(call: Call) {
  const flavor = yield* theFlavor(call)
  if (flavor.isPublic) return yield* refuse("notFound", "Access list not available for public flavors.")
  return { body: { flavor_access: accessRows(flavor) } }
})

const knownProject = Effect.fnUntraced(function*(projectId: string) {
  const exists = yield* (yield* Identity).hasProject(projectId)
  if (!exists) return yield* refuse("badRequest", `Project ID ${projectId} is not a valid project.`)
  return projectId
})

export const addAccess = Effect.fnUntraced(function*(call: Call) {
  const { tenant } = (call.body as { readonly addTenantAccess: { readonly tenant: string } }).addTenantAccess
  const project = yield* knownProject(tenant)
  const flavor = yield* theFlavor(call)
  if (flavor.isPublic && call.within(behaviours.refusesAccessToPublic)) {
    return yield* refuse("conflict", "Can not add access to a public flavor.")
  }
  const granted = yield* (yield* Flavors).grant(call.caller, flavor.id, project)
  return { body: { flavor_access: accessRows(granted) } }
})

export const removeAccess = Effect.fnUntraced(function*(call: Call) {
  const { tenant } = (call.body as { readonly removeTenantAccess: { readonly tenant: string } }).removeTenantAccess
  const project = yield* knownProject(tenant)
  const revoked = yield* (yield* Flavors).revoke(call.caller, id(call), project)
  return { body: { flavor_access: accessRows(revoked) } }
})
