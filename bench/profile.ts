/** Where the time of a CPU profile went: by module of the sources, though the program is one bundle. */

interface CallFrame {
  readonly functionName: string
  readonly url: string
  /** From 0. */
  readonly lineNumber: number
}

/** A `.cpuprofile` file, as V8 writes it. Times in µs. */
export interface CpuProfile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: CallFrame
    readonly children?: ReadonlyArray<number>
  }>
  readonly startTime: number
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/** Which source a line of a bundled file comes from. esbuild writes each source's path before it. */
export type SourceOf = (url: string, line: number) => string

const sourceLine = /^\/\/ ((?:src|cluster|node_modules)\/\S+)$/

/** The paths in a bundled file, with the lines from which they hold. */
const sourcesIn = (text: string): ReadonlyArray<readonly [line: number, path: string]> =>
  text.split("\n").flatMap((line, index) => {
    const path = sourceLine.exec(line)?.[1]
    return path === undefined ? [] : [[index, path] as const]
  })

export const sourceMap = (read: (url: string) => string): SourceOf => {
  const files = new Map<string, ReturnType<typeof sourcesIn>>()
  return (url, line) => {
    if (!url.startsWith("file:")) return url
    let sources = files.get(url)
    if (sources === undefined) files.set(url, sources = sourcesIn(read(url)))
    return sources.findLast(([from]) => from <= line)?.[1] ?? url
  }
}

/** First match wins. What matches is a source's path, a module of Node, or V8's own word in brackets. */
const groups: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["garbage collection", /^\(garbage collector\)$/],
  ["native code (sockets, threads)", /^\((program|root)\)$/],
  ["HTTP faces", /^src\/api\//],
  ["actor Instance", /^src\/actors\/instance\//],
  ["actor Host", /^src\/actors\/host\//],
  ["actor Project (quota)", /^src\/actors\/project\//],
  ["actor Scheduler", /^src\/actors\/scheduler\//],
  ["actor Conductor", /^src\/actors\/conductor\//],
  ["network", /^src\/actors\/network\//],
  ["identity", /^src\/actors\/identity\//],
  ["flavors, images and the rest of the domain", /^src\/actors\//],
  ["behaviour (decide, commit, evolve)", /^src\/runtime\/kernel\//],
  ["journal (SQLite)", /^src\/runtime\/sqlite\//],
  ["journal (Redis)", /^src\/runtime\/redis\//],
  ["client of Redis", /^node_modules\/(@redis|redis)\//],
  ["journal and members of several processes", /^src\/runtime\/cluster\//],
  ["projections", /^src\/runtime\/projections\//],
  ["drivers", /^src\/drivers\//],
  ["start and wiring", /^(src\/runtime|cluster)\//],
  ["effect/cluster", /^node_modules\/effect\/.*\/cluster\//],
  ["effect/rpc", /^node_modules\/effect\/.*\/rpc\//],
  ["effect/http", /^node_modules\/(effect\/.*\/http|@effect\/platform-node[^/]*)\//],
  ["effect/Schema", /^node_modules\/effect\/.*\/(Schema\w*\.js|internal\/schema\/)/],
  ["effect, the rest: fibers, queues, maps", /^node_modules\/effect\//],
  ["other packages", /^node_modules\//],
  ["node:http", /^node:(internal\/)?_?http/],
  ["node: sockets and streams", /^node:(net|internal\/(stream|net|timers|process\/task))/],
  ["node: the rest", /^node:/],
  ["engine built-ins", /^$/]
]

export const groupOf = (place: string): string => groups.find(([, pattern]) => pattern.test(place))?.[0] ?? place

export interface Share {
  readonly group: string
  /** Time in the group's own code. */
  readonly selfMicros: number
  /** And in the libraries and built-ins while it waited for them. Libraries have what none of our code asked for. */
  readonly chargedMicros: number
}

export interface Profiled {
  readonly busyMicros: number
  /** Most charged first. */
  readonly groups: ReadonlyArray<Share>
  readonly functions: ReadonlyArray<{ readonly name: string; readonly place: string; readonly selfMicros: number }>
}

interface Place {
  readonly key: string
  readonly self: string
  readonly charged: string
  readonly source: string
  readonly name: string
}

/** A fiber that is resumed does its own work, not that of whoever resumed it. */
const isFiberLoop = (name: string, source: string): boolean => name === "runLoop" && source.endsWith("/internal/effect.js")

/** For every node, where its time belongs. */
const places = (profile: CpuProfile, sourceOf: SourceOf): ReadonlyMap<number, Place> => {
  const found = new Map<number, Place>()
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  // Depth first from the root, with the group of the nearest of our own functions above.
  const stack: Array<readonly [id: number, owner: string | null]> = [[profile.nodes[0]!.id, null]]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [id, owner] = top
    const { callFrame: { functionName, lineNumber, url }, children = [] } = byId.get(id)!
    const source = /^\(.*\)$/.test(functionName) && url === "" ? functionName : sourceOf(url, lineNumber)
    const self = groupOf(source)
    const own = source.startsWith("src/") ? self : isFiberLoop(functionName, source) ? null : owner
    const isCollector = source === "(garbage collector)"
    found.set(id, { key: `${functionName}@${source}:${lineNumber}`, self, charged: isCollector ? self : own ?? self, source, name: functionName || "(anonymous)" })
    for (const child of children) stack.push([child, own])
  }
  return found
}

const idle = "(idle)"
const add = (sums: Map<string, number>, key: string, micros: number) => sums.set(key, (sums.get(key) ?? 0) + micros)

/** `window`: only samples between these times, on the profile's clock. */
export const summarize = (
  profile: CpuProfile,
  sourceOf: SourceOf,
  window: { readonly from: number; readonly to: number } = { from: -Infinity, to: Infinity }
): Profiled => {
  const placeOf = places(profile, sourceOf)
  const self = new Map<string, number>()
  const charged = new Map<string, number>()
  const functions = new Map<string, { name: string; place: string; selfMicros: number }>()
  let busyMicros = 0
  let at = profile.startTime
  profile.samples.forEach((id, index) => {
    // A sample stands for the time since the one before.
    const micros = profile.timeDeltas[index]!
    at += micros
    const place = placeOf.get(id)!
    if (at < window.from || at > window.to || place.source === idle) return
    busyMicros += micros
    add(self, place.self, micros)
    add(charged, place.charged, micros)
    const known = functions.get(place.key)
    if (known === undefined) functions.set(place.key, { name: place.name, place: place.source, selfMicros: micros })
    else known.selfMicros += micros
  })
  const names = new Set([...self.keys(), ...charged.keys()])
  return {
    busyMicros,
    groups: [...names]
      .map((group) => ({ group, selfMicros: self.get(group) ?? 0, chargedMicros: charged.get(group) ?? 0 }))
      .sort((a, b) => b.chargedMicros - a.chargedMicros || b.selfMicros - a.selfMicros),
    functions: [...functions.values()].sort((a, b) => b.selfMicros - a.selfMicros)
  }
}
