/** `npm run conformance -- numa`: how far our NUMA, pinning and CPU topology rules agree with those recorded of the reference. */
import { isDeepStrictEqual } from "node:util"
import { Result } from "effect"
import { fit } from "../../src/actors/placement/numa/fit.ts"
import { brokenCores, violationsOf } from "../actors/placement/numa/checker.ts"
import {
  type ConstraintRow, constraintsOf, type FitRow, guestOf, hostOf, limitsOf, readRows, type RecordedFit, type TopologyRow, topologyOf
} from "./numaRows.ts"

interface Verdict {
  readonly file: string
  readonly row: unknown
  /** Why the row does not agree; `null`: it does. */
  readonly difference: string | null
}

const recordedOf = (row: ConstraintRow | TopologyRow) => row.error === undefined ? { result: row.result ?? null } : { error: row.error }
const compare = (ours: unknown, recorded: unknown): string | null =>
  isDeepStrictEqual(ours, recorded) ? null : `recorded ${JSON.stringify(recorded)}, ours ${JSON.stringify(ours)}`

const pinsOf = (cells: ReadonlyArray<RecordedFit>) => cells.flatMap(({ pins, reserved }) => [...Object.values(pins), ...reserved])

/**
 * Both fit, or neither. Ours must be valid as the independent checker sees it, and as good as the recorded one: as many host
 * cells, pages as big, no more cores broken up (where the recording has pins; it may have left them out).
 */
export const compareFits = (row: FitRow): string | null => {
  const host = hostOf(row)
  const guest = guestOf(row)
  if (guest === null) return row.result === null ? null : "we see no guest topology"
  const ours = fit(host, guest, { limits: limitsOf(row), isPacked: false })
  if (Result.isFailure(ours)) return row.result === null ? null : `recorded ${JSON.stringify(row.result)}, ours none: ${JSON.stringify(ours.failure)}`
  const { cells } = ours.success
  const wrong = violationsOf(host, guest, ours.success, limitsOf(row))
  if (wrong.length > 0) return `ours is not valid: ${wrong.join("; ")}`
  if (row.result === null) return `recorded none, ours is valid: ${JSON.stringify(cells.map(({ hostCell, pageSizeKb }) => ({ hostCell, pageSizeKb })))}`
  const isSame = (at: number, one: RecordedFit) => cells[at]?.hostCell === one.host_cell
  if (cells.length !== row.result.length) return `recorded ${row.result.length} host cells, ours ${cells.length}`
  if (row.result.some((one, at) => isSame(at, one) && cells[at]!.pageSizeKb !== one.pagesize)) return "the page size differs"
  const isPinRecorded = row.result.some(({ pins }) => Object.keys(pins).length > 0)
  const more = brokenCores(host, cells.flatMap(({ taken }) => taken)) - brokenCores(host, pinsOf(row.result))
  return isPinRecorded && more > 0 ? `ours breaks up ${more} cores more` : null
}

const numaFiles: ReadonlyArray<readonly [file: string, verdicts: (folder: string, file: string) => ReadonlyArray<Verdict>]> = [
  ["numa-constraints.jsonl", (folder, file) =>
    readRows<ConstraintRow>(folder, file).map((row) => ({ file, row, difference: compare(constraintsOf(row), recordedOf(row)) }))],
  ["numa-fit.jsonl", (folder, file) => readRows<FitRow>(folder, file).map((row) => ({ file, row, difference: compareFits(row) }))],
  ["cpu-topology.jsonl", (folder, file) =>
    readRows<TopologyRow>(folder, file).map((row) => ({ file, row, difference: compare(topologyOf(row), recordedOf(row)) }))]
]

/** Less than this, and the rules are not the reference's. */
const agreementMin = 0.98

/** What differs, up to so many rows a file, and the counts. `ok`: enough agree. */
export const numaReport = (folder: string, show: number): { readonly text: string; readonly ok: boolean } => {
  const lines: Array<string> = []
  let agree = 0
  let all = 0
  for (const [file, read] of numaFiles) {
    const verdicts = read(folder, file)
    const differing = verdicts.filter(({ difference }) => difference !== null)
    for (const { difference, row } of differing.slice(0, show)) lines.push(`${file}: ${JSON.stringify(row)}`, `    ${difference}`)
    lines.push(`${file}: ${verdicts.length - differing.length} of ${verdicts.length} agree`)
    agree += verdicts.length - differing.length
    all += verdicts.length
  }
  if (all === 0) lines.push(`No recordings under ${folder}/vectors: name their folder with --data.`)
  lines.push(`numa: ${agree} of ${all} agree`)
  return { text: lines.join("\n"), ok: all > 0 && agree >= all * agreementMin }
}
