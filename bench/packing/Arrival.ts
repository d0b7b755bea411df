/** Servers of a real cloud as they came and went. */
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { sharedFile } from "../shared.ts"

export interface Arrival {
  /** Its place in the trace. */
  readonly id: number
  readonly atSeconds: number
  /** Infinite: it is there to the end. One that ends when it came is gone before the next instant. */
  readonly endSeconds: number
  /** Servers of one request. */
  readonly batch: number
  readonly vcpus: number
  readonly ramMb: number
}

const head = "arrival_s,batch,vcpus,memory_mb,lifetime_s"

/** In order of arrival. Of the batches one in `every` is taken, whole. */
export const arrivalsOf = (text: string, every: number): ReadonlyArray<Arrival> => {
  const [first, ...lines] = text.trimEnd().split("\n")
  if (first !== head) throw new Error(`a trace begins with the line ${head}, not with ${first}`)
  const all = lines.map((line, id): Arrival => {
    const [at, batch, vcpus, ramMb, lifetime] = line.split(",")
    const atSeconds = Number(at)
    return {
      id, atSeconds,
      endSeconds: lifetime === "" ? Infinity : atSeconds + Number(lifetime),
      batch: Number(batch),
      vcpus: Number(vcpus),
      ramMb: Number(ramMb)
    }
  })
  return all.filter(({ batch }) => batch % every === 0)
}

export const traceArrivals = (every: number): ReadonlyArray<Arrival> => {
  const file = sharedFile("traces/azure-v1-dev.csv.gz")
  if (file === null) throw new Error("there is no traces/azure-v1-dev.csv.gz in ../shared: KILONOVA_SHARED names the folder of reference data")
  return arrivalsOf(gunzipSync(readFileSync(file)).toString(), every)
}
