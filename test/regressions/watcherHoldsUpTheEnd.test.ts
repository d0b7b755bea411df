/**
 * A program that watched events over a websocket held up the end of a cloud until the time for requests under way was
 * over: the server waited for the connection, and the stream behind it never ends. Such connections are let go first.
 */
import { assert, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Exit, Layer, Scope, Stream } from "effect"
import { KilonovaClient, layerSocket } from "../../src/api/rpc/client.ts"
import { Kilonova } from "../../src/runtime/Kilonova.ts"
import { Limits } from "../../src/runtime/Limits.ts"

it.live("who watches does not hold up the end", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.build(Kilonova.layer({ fleet: { simulated: 1 } })).pipe(Scope.provide(scope))
    const { admin, url } = Context.get(context, Kilonova)
    const clients = yield* Layer.build(layerSocket({ url: url!, token: yield* admin.token }))
    const client = Context.get(clients, KilonovaClient)
    const isWatching = yield* Deferred.make<void>()
    yield* Effect.forkScoped(Effect.ignore(Stream.runForEach(client.Events({ after: 0 }), () => Deferred.succeed(isWatching, undefined))))
    yield* client.CreateServer({ name: "a", flavorId: "1", networks: "none" })
    yield* Deferred.await(isWatching)
    const [elapsed] = yield* Effect.timed(Scope.close(scope, Exit.void))
    assert.isBelow(Duration.toMillis(elapsed), Limits.shutdownMillis / 2)
  }).pipe(Effect.scoped))
