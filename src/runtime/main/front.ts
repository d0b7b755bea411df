/** `kilonova front`: one address for all runners, where there is no load balancer. */
import { Console, Effect } from "effect"
import * as Front from "../front/Front.ts"
import { urlOf } from "./cloudsYaml.ts"
import { explainListening } from "./explain.ts"
import type { FrontSettings } from "./options.ts"
import { type StartError, wrongUsage } from "./StartError.ts"
import { telemetry } from "./telemetry.ts"

const urlsOf = (to: string | null): Effect.Effect<ReadonlyArray<string>, StartError> => {
  const urls = (to ?? "").split(",").map((url) => url.trim().replace(/\/+$/, "")).filter((url) => url !== "")
  const wrong = urls.filter((url) => !URL.canParse(url) || !/^http:\/\/[^/]+$/.test(url))
  if (urls.length === 0) return Effect.fail(wrongUsage(["--to must name the runners, http://HOST:PORT,http://HOST:PORT"]))
  return wrong.length === 0
    ? Effect.succeed(urls)
    : Effect.fail(wrongUsage(wrong.map((url) => `--to must be http://HOST:PORT URLs separated by commas, not ${url}`)))
}

/** Ends by failing, or by being interrupted. */
export const front = (settings: FrontSettings): Effect.Effect<never, StartError> =>
  Effect.scoped(Effect.gen(function*() {
    const to = yield* urlsOf(settings.to)
    const { port } = yield* Effect.catch(Front.serve({ host: settings.host, port: settings.port, to }), (error) =>
      explainListening(error, settings))
    yield* Console.log(`Kilonova front ready at ${urlOf(settings.host, port)} for ${to.length} runners.`)
    return yield* Effect.never
  })).pipe(Effect.provide(telemetry(settings)))
