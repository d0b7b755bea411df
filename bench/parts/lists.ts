/** A list of 1,000 with details, among more and more stored servers: the same page again, and page after page. */
import type { Bench } from "../Bench.ts"
import { cpuOf, rounds } from "../Bench.ts"
import { listPath } from "../project.ts"
import type { Project } from "../project.ts"
import { median } from "../statistics.ts"

const pageSize = 1000

interface Page {
  readonly servers: ReadonlyArray<{ readonly id: string }>
}

const page = async (project: Project, marker: string | null) => {
  const startedAt = performance.now()
  const query = `limit=${pageSize}${marker === null ? "" : `&marker=${marker}`}`
  const { body, status } = await project.client.send("GET", listPath(query))
  const millis = performance.now() - startedAt
  if (status !== 200) throw new Error(`list: ${status} ${body.slice(0, 500)}`)
  const { servers } = JSON.parse(body) as Page
  return { millis, count: servers.length, last: servers.at(-1)?.id ?? null }
}

const measure = async (bench: Bench, stored: number): Promise<void> => {
  const filled = await bench.filled()
  await filled.fill(stored)
  const project = filled.project()
  const { lists: count } = bench.scale
  /** `next` says where the page after this one starts. */
  const walk = (what: string, next: (last: string | null) => string | null) => {
    let marker: string | null = null
    return rounds(bench, `list of ${pageSize}, ${what}, ${stored} stored`, async () => {
      const millis: Array<number> = []
      const cpu = await cpuOf(filled.cloud(), async () => {
        for (let index = 0; index < count; index++) {
          const found = await page(project, marker)
          millis.push(found.millis)
          marker = found.count < pageSize ? null : next(found.last)
        }
      })
      return { millis: median(millis), cpu: cpu.all / count }
    })
  }
  const newest = await walk("the newest", () => null)
  bench.record("listMillis", `newest, ${stored} stored`, newest.map(({ millis }) => millis))
  bench.record("listCpu", `newest, ${stored} stored`, newest.map(({ cpu }) => cpu))
  if (stored <= pageSize) return
  const pages = await walk("page by page", (last) => last)
  bench.record("listMillis", `page by page, ${stored} stored`, pages.map(({ millis }) => millis))
  bench.record("listCpu", `page by page, ${stored} stored`, pages.map(({ cpu }) => cpu))
}

export const lists = {
  meaning: "list of 1,000 with details, among more and more stored servers",
  run: async (bench: Bench) => {
    for (const stored of bench.scale.stored) await measure(bench, stored)
  }
}
