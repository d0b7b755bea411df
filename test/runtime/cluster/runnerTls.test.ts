/** Runners that speak TLS take each other's messages and nobody else's. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer } from "effect"
import { MessageStorage, RunnerAddress, RunnerHealth, Runners, RunnerStorage, ShardingConfig, SocketRunner } from "effect/cluster"
import { RpcSerialization } from "effect/rpc"
import { config } from "../../../src/runtime/cluster/ClusterSharding.ts"
import { mutualTls, plain, type RunnerTls } from "../../../src/runtime/cluster/runnerTransport.ts"
import { temporaryFolder } from "../../fixtures/redisServer.ts"
import { hasProgram, requires } from "../../fixtures/require.ts"

const describeTls = requires("openssl", { present: () => hasProgram("openssl"), install: "apt-get install openssl" })

/** A certificate that signs itself, and so is its own authority. */
const authority = (folder: string, name: string): RunnerTls => {
  const [key, crt] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  execFileSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", `/CN=${name}`],
    ...["-keyout", key, "-out", crt]
  ], { stdio: "ignore" })
  const cert = readFileSync(crt, "utf8")
  return { cert, key: readFileSync(key, "utf8"), ca: cert }
}

const freePort = Effect.callback<number>((resume) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address() as AddressInfo
    probe.close(() => resume(Effect.succeed(port)))
  })
})

/** A runner that answers on the port; its `Runners` reach others by the same transport. */
const runner = (tls: RunnerTls | null, port: number) => {
  const address = { host: "127.0.0.1", port }
  const transport = tls === null ? plain : mutualTls(tls, address)
  return Layer.build(Layer.fresh(SocketRunner.layer.pipe(
    Layer.provide(transport),
    Layer.provide([MessageStorage.layerNoop, RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(MessageStorage.layerNoop),
    Layer.provide(RpcSerialization.layerNdjson),
    Layer.provide(ShardingConfig.layer(config(address)))
  )))
}

describeTls("between runners", () => {
  it.live("certificates of their authority are asked of both sides", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const [own, other] = [authority(folder, "own"), authority(folder, "other")]
      const ports = [yield* freePort, yield* freePort, yield* freePort, yield* freePort] as const
      yield* runner(own, ports[0])
      const target = RunnerAddress.make("127.0.0.1", ports[0])
      const reaches = (tls: RunnerTls | null, port: number) =>
        Effect.flatMap(runner(tls, port), (context) =>
          Effect.exit(Effect.timeout(Context.get(context, Runners.Runners).ping(target), "3 seconds")))
      assert.isTrue(Exit.isSuccess(yield* reaches(own, ports[1])))
      assert.isTrue(Exit.isFailure(yield* reaches(other, ports[2])))
      assert.isTrue(Exit.isFailure(yield* reaches(null, ports[3])))
    }).pipe(Effect.scoped))
})
