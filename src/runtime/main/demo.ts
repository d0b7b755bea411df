/** What the first start puts into an empty cloud, so that a server can be created at once. By the public API, like anybody. */
import { writeFileSync } from "node:fs"
import { Effect } from "effect"
import { bootSector } from "./bootSector.ts"
import { readKept } from "./dataFolder.ts"
import type { DataFolder } from "./dataFolder.ts"
import { cannotStart } from "./StartError.ts"
import type { StartError } from "./StartError.ts"

/** The sizes OpenStack has had since its beginnings: memory in MiB, disk in GiB. */
const flavors = [
  { id: "1", name: "m1.tiny", vcpus: 1, ram: 512, disk: 1 },
  { id: "2", name: "m1.small", vcpus: 1, ram: 2048, disk: 20 },
  { id: "3", name: "m1.medium", vcpus: 2, ram: 4096, disk: 40 },
  { id: "4", name: "m1.large", vcpus: 4, ram: 8192, disk: 80 },
  { id: "5", name: "m1.xlarge", vcpus: 8, ram: 16_384, disk: 160 }
]
const network = "private"
const subnet = { name: "private-subnet", ip_version: 4, cidr: "10.0.0.0/16" }
const image = { name: "tiny", disk_format: "raw", container_format: "bare", visibility: "public" }

interface Cloud {
  readonly url: string
  readonly password: string
}

type Json = { readonly [key: string]: unknown }
interface Said {
  readonly headers: Headers
  readonly body: Json
}

const loginBody = (password: string) => {
  const domain = { name: "Default" }
  return {
    auth: {
      identity: { methods: ["password"], password: { user: { name: "admin", domain, password } } },
      scope: { project: { name: "admin", domain } }
    }
  }
}

const listed = (body: Json, key: string): ReadonlyArray<Json> => (body[key] ?? []) as ReadonlyArray<Json>

/** Every part looks first, so a seeding that was cut short is taken up where it ended. */
const seed = async (cloud: Cloud): Promise<void> => {
  const send = async (method: string, path: string, headers: Record<string, string>, body?: string | Uint8Array<ArrayBuffer>): Promise<Said> => {
    const reply = await fetch(cloud.url + path, { method, headers, ...(body === undefined ? {} : { body }) })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
    return { headers: reply.headers, body: text.startsWith("{") ? JSON.parse(text) as Json : {} }
  }
  const json = { "content-type": "application/json" }
  const login = await send("POST", "/identity/v3/auth/tokens", json, JSON.stringify(loginBody(cloud.password)))
  const token = { "x-auth-token": login.headers.get("x-subject-token") ?? "" }
  const get = async (path: string) => (await send("GET", path, token)).body
  const post = async (path: string, body: Json) =>
    (await send("POST", path, { ...token, ...json }, JSON.stringify(body))).body

  const seedFlavors = async () => {
    const present = new Set(listed(await get("/compute/v2.1/flavors"), "flavors").map(({ name }) => name))
    for (const flavor of flavors.filter(({ name }) => !present.has(name))) await post("/compute/v2.1/flavors", { flavor })
  }
  const seedNetwork = async () => {
    const path = "/network/v2.0/networks"
    const [present] = listed(await get(`${path}?name=${network}`), "networks")
    const { id } = present ?? (await post(path, { network: { name: network, shared: true } }))["network"] as Json
    if (listed(await get(`/network/v2.0/subnets?network_id=${String(id)}`), "subnets").length > 0) return
    await post("/network/v2.0/subnets", { subnet: { ...subnet, network_id: id } })
  }
  const seedImage = async () => {
    const [present] = listed(await get(`/image/v2/images?name=${image.name}`), "images")
    const made = present ?? await post("/image/v2/images", image)
    if (made["status"] !== "queued") return
    const headers = { ...token, "content-type": "application/octet-stream" }
    await send("PUT", `/image/v2/images/${String(made["id"])}/file`, headers, bootSector())
  }
  await Promise.all([seedFlavors(), seedNetwork(), seedImage()])
}

/** The first start decides for ever; what users delete later stays deleted. */
export const seedOnce = (
  folder: Pick<DataFolder, "seeded">,
  cloud: Cloud & { readonly isWanted: boolean }
): Effect.Effect<void, StartError> =>
  Effect.gen(function*() {
    if ((yield* readKept(folder.seeded)) !== null) return
    if (cloud.isWanted) {
      yield* Effect.tryPromise({
        try: () => seed(cloud),
        catch: (cause) => cannotStart(`The demo data cannot be seeded (--no-demo starts without): ${(cause as Error).message}`)
      })
    }
    yield* Effect.sync(() => writeFileSync(folder.seeded, `${cloud.isWanted}\n`))
  })
