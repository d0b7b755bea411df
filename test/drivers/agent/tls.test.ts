/** Runners behind TLS: an agent trusts the authority it was given, and nobody else. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { createServer } from "node:tls"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { hasProgram, requires } from "../../fixtures/require.ts"
import { hypervisors, makeWorld, pass, quiet, startAgent, startRunner, tempFolder, until } from "./world.ts"

const describeTls = requires("openssl", { present: () => hasProgram("openssl"), install: "apt-get install openssl" })

/** Ends TLS in front of a runner. */
const startTls = (target: string, folder: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly ca: string; readonly close: () => void }>((resume) => {
      const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
      execFileSync("openssl", [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
        "-days", "2", "-subj", "/CN=runner", "-addext", "subjectAltName=IP:127.0.0.1"
      ], { stdio: "ignore" })
      const ca = readFileSync(cert, "utf8")
      const server = createServer({ key: readFileSync(key), cert: ca }, (near) => {
        const far = connect(Number(new URL(target).port), "127.0.0.1")
        near.on("error", () => far.destroy()).on("close", () => far.destroy()).pipe(far)
        far.on("error", () => near.destroy()).on("close", () => near.destroy()).pipe(near)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `https://127.0.0.1:${port}`, ca, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

describeTls("an agent behind TLS", () => {
  it.effect("attaches with the authority that signed the runner's certificate, and does not without", () =>
    Effect.gen(function*() {
      const runner = yield* startRunner(yield* makeWorld)
      const folder = yield* tempFolder
      const { ca, url } = yield* startTls(runner.url, folder)
      const { fleet } = yield* hypervisors(["host"])
      const { token } = yield* runner.credentials.create("host")
      const options = { control: [url], tokens: new Map([["host", token]]), folder }
      const distrustful = yield* startAgent(fleet, options)
      yield* pass(3_000)
      assert.deepStrictEqual(distrustful.adoptions, [])
      yield* distrustful.stop
      const trusting = yield* startAgent(fleet, { ...options, authority: ca })
      yield* until(() => trusting.adoptions.length === 1)
      assert.deepStrictEqual(runner.fleet.hosts, ["host"])
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})
