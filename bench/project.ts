/** A project that may boot as much as it likes, and the servers in it: everything by the public API. */
import type { Client } from "./client.ts"
import { password } from "./cloud.ts"
import { closedLoop, wallClock } from "./load.ts"

const compute = "/compute/v2.1"
const network = "/network/v2.0"
const domain = { name: "Default" }
const settlePollMillis = 10
const settleMillisMax = 120_000

interface Found {
  readonly id: string
  readonly [key: string]: unknown
}

export interface Project {
  readonly client: Client
  readonly token: string
  readonly serverBody: (name: string) => unknown
}

const field = <A>(body: unknown, name: string): A => (body as { readonly [key: string]: A })[name]!

/** The token is sent from now on. */
export const logIn = async (client: Client): Promise<{ readonly projectId: string; readonly token: string }> => {
  const answer = await client.send("POST", "/identity/v3/auth/tokens", {
    auth: {
      identity: { methods: ["password"], password: { user: { name: "admin", domain, password } } },
      scope: { project: { name: "admin", domain } }
    }
  })
  const token = answer.headers["x-subject-token"]
  if (answer.status !== 201 || typeof token !== "string") throw new Error(`no token: ${answer.status} ${answer.body}`)
  client.useToken(token)
  return { token, projectId: field<Found>(field<{ project: Found }>(JSON.parse(answer.body), "token"), "project").id }
}

/** A network with room for millions of servers: the demo's has 65 thousand addresses. */
const makeNetwork = async (client: Client): Promise<string> => {
  const { id } = field<Found>(await client.json("POST", `${network}/networks`, { network: { name: "bench" } }), "network")
  await client.json("POST", `${network}/subnets`, { subnet: { network_id: id, ip_version: 4, cidr: "10.128.0.0/9" } })
  return id
}

/** Small, so that eight hosts hold thousands: what is measured is the control plane, not the arithmetic of large guests. */
const makeFlavor = async (client: Client): Promise<string> =>
  field<Found>(
    await client.json("POST", `${compute}/flavors`, { flavor: { name: "bench", vcpus: 1, ram: 64, disk: 0 } }),
    "flavor"
  ).id

const unlimited = async (client: Client, projectId: string): Promise<void> => {
  const limits = { instances: -1, cores: -1, ram: -1 }
  await client.json("PUT", `${compute}/os-quota-sets/${projectId}`, { quota_set: limits })
  await client.json("PUT", `${network}/quotas/${projectId}`, { quota: { port: -1 } })
}

export const openProject = async (client: Client): Promise<Project> => {
  const { projectId, token } = await logIn(client)
  await unlimited(client, projectId)
  const images = field<ReadonlyArray<Found>>(await client.json("GET", "/image/v2/images"), "images")
  if (images[0] === undefined) throw new Error("the cloud has no image to boot")
  const ids = { image: images[0].id, network: await makeNetwork(client), flavor: await makeFlavor(client) }
  return {
    client,
    token,
    serverBody: (name) => ({
      server: { name, imageRef: ids.image, flavorRef: ids.flavor, networks: [{ uuid: ids.network }] }
    })
  }
}

/** What a newcomer does first: the smallest flavor, the image and the network that are there. */
export const bootFirst = async (client: Client): Promise<void> => {
  const { token } = await logIn(client)
  const [flavors, images, networks] = await Promise.all([
    client.json("GET", `${compute}/flavors`),
    client.json("GET", "/image/v2/images"),
    client.json("GET", `${network}/networks`)
  ])
  const first = (body: unknown, name: string) => field<ReadonlyArray<Found>>(body, name)[0]!.id
  const project: Project = {
    client,
    token,
    serverBody: (name) => ({
      server: {
        name,
        flavorRef: first(flavors, "flavors"),
        imageRef: first(images, "images"),
        networks: [{ uuid: first(networks, "networks") }]
      }
    })
  }
  await settle(project, await post(project, "first"), "booted")
}

/** Answers once the server is acknowledged. */
export const post = async (project: Project, name: string): Promise<string> =>
  field<Found>(await project.client.json("POST", `${compute}/servers`, project.serverBody(name)), "server").id

const act = (project: Project, id: string, action: string): Promise<unknown> =>
  project.client.json("POST", `${compute}/servers/${id}/action`, { [action]: null })

const remove = (project: Project, id: string): Promise<unknown> =>
  project.client.json("DELETE", `${compute}/servers/${id}`)

export const serverPath = (id: string): string => `${compute}/servers/${id}`
export const listPath = (query: string): string => `${compute}/servers/detail?${query}`

/** How a server's state is called, and the list that is empty once no server is short of it. */
const milestones = {
  booted: { status: "ACTIVE", without: "status=BUILD" },
  stopped: { status: "SHUTOFF", without: "status=ACTIVE" },
  started: { status: "ACTIVE", without: "status=SHUTOFF" },
  deleted: { status: null, without: "" }
} as const
export type Milestone = keyof typeof milestones

/** `null`: it is not there any more. */
const statusOf = async (project: Project, id: string): Promise<string | null> => {
  const answer = await project.client.send("GET", serverPath(id))
  if (answer.status === 404) return null
  if (answer.status !== 200) throw new Error(`GET ${id}: ${answer.status} ${answer.body.slice(0, 500)}`)
  return field<Found>(JSON.parse(answer.body), "server")["status"] as string
}

const isEmpty = async (project: Project, query: string): Promise<boolean> =>
  field<ReadonlyArray<unknown>>(await project.client.json("GET", `${compute}/servers?${query}&limit=1`), "servers").length === 0

const until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + settleMillisMax
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`not all ${what} after ${settleMillisMax / 1000} s`)
    await wallClock.sleep(settlePollMillis)
  }
}

/**
 * Waits until every server is there. It is part of what is measured, so it looks at one server, the last asked for,
 * until that one is; only then, as the others mostly are too, at all.
 */
export const settle = async (project: Project, last: string, milestone: Milestone): Promise<void> => {
  const { status, without } = milestones[milestone]
  await until(milestone, async () => {
    const found = await statusOf(project, last)
    if (found === "ERROR") throw new Error(`server ${last} ended in ERROR`)
    return found === status
  })
  await until(milestone, () => isEmpty(project, without))
}

/** What ended in ERROR is no result. */
export const refuseErrors = async (project: Project): Promise<void> => {
  if (await isEmpty(project, "status=ERROR")) return
  const query = listPath("status=ERROR&limit=1000")
  const failed = field<ReadonlyArray<Found>>(await project.client.json("GET", query), "servers")
  throw new Error(`${failed.length} servers ended in ERROR, the newest with ${JSON.stringify(failed[0]?.["fault"])}`)
}

export interface Batch {
  readonly ids: ReadonlyArray<string>
  readonly seconds: number
}

/** Boots `count` servers, `width` requests at a time, and waits until all are ACTIVE. */
export const boot = async (
  project: Project,
  options: { readonly count: number; readonly width: number; readonly onBooted?: (done: number) => void }
): Promise<Batch> => {
  const ids: Array<string> = []
  const startedAt = performance.now()
  await closedLoop(options.count, options.width, async (index) => {
    ids.push(await post(project, `bench-${index}`))
    options.onBooted?.(ids.length)
  })
  await settle(project, ids.at(-1)!, "booted")
  const seconds = (performance.now() - startedAt) / 1000
  await refuseErrors(project)
  return { ids, seconds }
}

const asks = {
  stopped: (project: Project, id: string) => act(project, id, "os-stop"),
  started: (project: Project, id: string) => act(project, id, "os-start"),
  deleted: remove
} as const

/** Asks the same of every server and waits until it is done. */
export const bring = async (
  project: Project,
  ids: ReadonlyArray<string>,
  milestone: keyof typeof asks,
  width = 32
): Promise<void> => {
  await closedLoop(ids.length, width, async (index) => void await asks[milestone](project, ids[index]!))
  await settle(project, ids.at(-1)!, milestone)
}
