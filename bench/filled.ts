/** A cloud with as many stored servers as asked for, booted one by one like all others. */
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Bench } from "./Bench.ts"
import type { Cloud } from "./cloud.ts"
import { wallClock } from "./load.ts"
import { boot, openProject } from "./project.ts"
import type { Project } from "./project.ts"

const hosts = 1000
const fillBatch = 2000
const fillMillisMax = 900_000

export interface Filled {
  readonly project: () => Project
  readonly cloud: () => Cloud
  readonly emptyMb: number
  readonly stored: () => number
  readonly diskMb: () => number
  /** Boots until `count` are stored. */
  readonly fill: (count: number) => Promise<void>
  /** Ends it as a power cut does and starts it again on the same folder; answers once /healthz does. */
  readonly restart: (nodeArgs?: ReadonlyArray<string>) => Promise<Cloud>
}

export const fillable = async (bench: Pick<Bench, "clouds" | "progress" | "scale">): Promise<Filled> => {
  const { clouds, progress, scale } = bench
  const dataDir = clouds.freshFolder()
  let cloud = await clouds.start({ hosts, dataDir })
  await cloud.ready
  let project = await openProject(cloud.client)
  await wallClock.sleep(scale.idleMillis)
  const emptyMb = cloud.residentMb()
  let stored = 0
  const fill = async (count: number) => {
    const deadline = performance.now() + fillMillisMax
    if (stored < count) progress.say(`booting until ${count} servers are stored`)
    while (stored < count) {
      if (performance.now() > deadline) throw new Error(`only ${stored} stored after ${fillMillisMax / 1000} s`)
      const before = stored
      const onBooted = (done: number) => progress.at("stored", before + done, count)
      const { ids } = await boot(project, { count: Math.min(fillBatch, count - stored), width: scale.width, onBooted })
      stored += ids.length
    }
  }
  const diskMb = () =>
    readdirSync(dataDir).reduce((total, file) => total + statSync(join(dataDir, file)).size, 0) / 1e6
  const restart = async (nodeArgs: ReadonlyArray<string> = []) => {
    await cloud.stop("SIGKILL")
    cloud = await clouds.start({ hosts, dataDir, nodeArgs })
    // Tokens outlive a restart.
    cloud.client.useToken(project.token)
    project = { ...project, client: cloud.client }
    return cloud
  }
  return { cloud: () => cloud, project: () => project, emptyMb, stored: () => stored, diskMb, fill, restart }
}

