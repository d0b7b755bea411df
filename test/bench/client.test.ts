import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { connect } from "../../bench/client.ts"
import type { Client } from "../../bench/client.ts"
import { boot, bring } from "../../bench/project.ts"
import type { Project } from "../../bench/project.ts"

/** A cloud that needs two looks to boot, stop or delete a server, and breaks those named "broken". */
const servers = new Map<string, { status: string; next: string | null; looks: number }>()
const connections = new Set<unknown>()
const seenTokens = new Set<string | undefined>()
const looksNeeded = 2

const look = (id: string) => {
  const server = servers.get(id)
  if (server === undefined || server.next === null || ++server.looks < looksNeeded) return server
  if (server.next === "gone") servers.delete(id)
  else Object.assign(server, { status: server.next, next: null })
  return servers.get(id)
}
const begin = (id: string, status: string, next: string) => servers.set(id, { status, next, looks: 0 })

const list = (search: URLSearchParams) => {
  for (const id of servers.keys()) look(id)
  const wanted = search.get("status")
  return [...servers].filter(([, { status }]) => wanted === null || status === wanted).map(([id]) => ({ id }))
}

const answer = (method: string, url: URL, body: string): readonly [status: number, body: unknown] => {
  const [, id, action] = /^\/compute\/v2\.1\/servers(?:\/([^/]+))?(\/action)?$/.exec(url.pathname) ?? []
  if (method === "POST" && id === undefined) {
    const fresh = `id-${servers.size}`
    begin(fresh, "BUILD", (JSON.parse(body) as { server: { name: string } }).server.name.includes("broken") ? "ERROR" : "ACTIVE")
    return [202, { server: { id: fresh } }]
  }
  if (method === "GET" && id === undefined) return [200, { servers: list(url.searchParams) }]
  const server = look(id!)
  if (server === undefined) return [404, { itemNotFound: { message: "gone" } }]
  if (method === "DELETE") begin(id!, server.status, "gone")
  if (action !== undefined) begin(id!, server.status, "SHUTOFF")
  return method === "GET" ? [200, { server: { id, status: server.status } }] : [202, null]
}

const stub = createServer((request, response) => {
  connections.add(request.socket)
  seenTokens.add(request.headers["x-auth-token"] as string | undefined)
  let body = ""
  request.on("data", (chunk: Buffer) => body += chunk.toString())
  request.on("end", () => {
    const [status, content] = answer(request.method!, new URL(request.url!, "http://stub"), body)
    response.writeHead(status).end(content === null ? "" : JSON.stringify(content))
  })
})

let client: Client
const project = (name = ""): Project => ({ client, token: "t", serverBody: (own) => ({ server: { name: own + name } }) })

beforeAll(async () => {
  await new Promise<void>((done) => stub.listen(0, "127.0.0.1", done))
  client = connect(`http://127.0.0.1:${(stub.address() as AddressInfo).port}`, { width: 4 })
  client.useToken("secret")
})
afterAll(() => {
  client.close()
  stub.close()
})

describe("a project of the bench, against a stub of a cloud", () => {
  it("waits until every server is ACTIVE, stopped, deleted; on connections that are kept", async () => {
    const { ids } = await boot(project(), { count: 20, width: 4 })
    assert.strictEqual(new Set(ids).size, 20)
    assert.isTrue([...servers.values()].every(({ status }) => status === "ACTIVE"))
    await bring(project(), ids, "stopped")
    assert.isTrue([...servers.values()].every(({ status }) => status === "SHUTOFF"))
    await bring(project(), ids, "deleted")
    assert.strictEqual(servers.size, 0)
    assert.isAtMost(connections.size, 4)
    assert.deepStrictEqual([...seenTokens], ["secret"])
  })

  it("servers that end in ERROR are no result", async () => {
    const failure = await boot(project("-broken"), { count: 3, width: 1 }).then(() => null, (error: Error) => error.message)
    assert.match(failure!, /ERROR/)
    servers.clear()
  })

  it("an answer that is no success fails with what it said", async () => {
    const failure = await client.json("DELETE", "/compute/v2.1/servers/none").then(() => null, (error: Error) => error.message)
    assert.match(failure!, /DELETE .*none: 404 .*gone/)
  })
})
