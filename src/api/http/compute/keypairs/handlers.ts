import { Effect } from "effect"
import type { Keypair } from "../../../../actors/catalog/Keypair.ts"
import { Keypairs } from "../../../../actors/catalog/KeypairsProtocol.ts"
import type { Call } from "../Call.ts"
import { nextLinks, pageOf } from "../paging.ts"
import * as behaviours from "./behaviours.ts"
import { render } from "./fields.ts"

interface Owner {
  readonly userId: string
}

interface CreateBody {
  readonly name: string
  readonly type?: Keypair["type"]
  readonly public_key?: string
  readonly user_id?: string
}
const asked = (call: Call) => (call.body as { readonly keypair: CreateBody }).keypair

/** Whose key pairs a request is about: the caller's own, unless it says otherwise. */
export const ownerInQuery = (call: Call): Effect.Effect<Owner> =>
  Effect.succeed({ userId: call.query.get("user_id") ?? call.caller.userId })
export const ownerInBody = (call: Call): Effect.Effect<Owner> =>
  Effect.succeed({ userId: asked(call).user_id ?? call.caller.userId })

export const index = Effect.fnUntraced(function*(call: Call, { userId }: Owner) {
  const all = (yield* Keypairs).list(userId)
  const page = call.within(behaviours.comesInPages)
    ? yield* Effect.fromResult(pageOf(call, all, (keypair) => keypair.name))
    : { items: all, next: null }
  return {
    body: {
      keypairs: page.items.map((keypair) => ({ keypair: render(call, "index", { keypair, privateKey: null }) })),
      ...nextLinks(call, "keypairs_links", page.next)
    }
  }
})

export const show = Effect.fnUntraced(function*(call: Call, { userId }: Owner) {
  const keypair = yield* (yield* Keypairs).get(userId, call.params["id"]!)
  return { body: { keypair: render(call, "show", { keypair, privateKey: null }) } }
})

export const create = Effect.fnUntraced(function*(call: Call, { userId }: Owner) {
  const { name, public_key, type = "ssh" } = asked(call)
  const made = yield* (yield* Keypairs).create(call.caller, { userId, name, type, publicKey: public_key ?? null })
  return { body: { keypair: render(call, "create", made) } }
})

export const remove = (call: Call, { userId }: Owner) =>
  Effect.flatMap(Keypairs, (keypairs) => Effect.as(keypairs.remove(userId, call.params["id"]!), {}))
