import type { Constraint } from "./cellRules.ts"
import type { CellRefusal, NoFit } from "./noFit.ts"

type Words = (refusal: CellRefusal) => string

const amount = (what: string): Words => ({ available, needed, unit }) => `${needed} ${unit} ${what} needed, ${Math.max(0, available)} there`

const words: Readonly<Record<Constraint, Words>> = {
  pageSize: ({ needed }) => needed > 0 ? `no pages of ${needed} KiB` : "no pages of the size asked for",
  pageMultiple: ({ needed }) => `${needed} MiB are no whole number of pages`,
  pages: amount("in free pages"),
  memory: amount("of memory"),
  dedicatedCpus: amount("for dedicated use"),
  sharedCpus: amount("for shared use"),
  freeCpus: amount("free for dedicated use"),
  noHyperthreads: () => "hw:cpu_thread_policy=require needs hyperthreads",
  siblings: amount("with a free sibling"),
  hyperthreads: () => "hw:cpu_thread_policy=isolate needs a host without hyperthreads, or one that sets no CPUs apart",
  noDedicatedCpu: () => "policies of isolate need a dedicated CPU in this node of the guest: change hw:cpu_dedicated_mask",
  wholeCores: amount("with all threads free"),
  emulatorThread: amount("with the emulator's own"),
  cpuRatio: amount("within the CPU allocation ratio"),
  ramRatio: amount("within the RAM allocation ratio")
}

const sentence = (refusal: CellRefusal) => `guest NUMA node ${refusal.guestCell} on host NUMA node ${refusal.hostCell}: ${words[refusal.constraint](refusal)}`

/** Of the guest's nodes that fit nowhere the first, and what every host node says to it. */
const saidOf = ({ hostCells, reason, refusals }: NoFit): ReadonlyArray<CellRefusal> => {
  if (reason !== "noCell") return reason === "sameCell" ? refusals : []
  const alone = refusals.find(({ guestCell }) => refusals.filter((one) => one.guestCell === guestCell).length === hostCells)
  return refusals.filter(({ guestCell }) => guestCell === alone?.guestCell)
}

/** Why a guest does not fit a host, for people. */
export const explain = (noFit: NoFit): string => {
  const { guestCells, hostCells, reason } = noFit
  if (reason === "tooFewCells") return `${guestCells} NUMA nodes needed, ${hostCells} there`
  return [...reason === "sameCell" ? [`no ${guestCells} different NUMA nodes fit at once`] : [], ...saidOf(noFit).map(sentence)].join("; ")
}

const amounts: ReadonlySet<Constraint> = new Set(["pages", "memory", "dedicatedCpus", "sharedCpus", "freeCpus", "siblings", "wholeCores", "emulatorThread", "cpuRatio", "ramRatio"])

/** Of all that is explained, what is least short: the same explanation has the same numbers. */
export const leastShort = (noFit: NoFit): CellRefusal | undefined =>
  saidOf(noFit).filter(({ available, constraint, needed }) => amounts.has(constraint) && needed > available)
    .toSorted((a, b) => a.needed - a.available - (b.needed - b.available))[0]
