/** What an agent must not forget about its control plane, in a file: a restarted agent is no easier to deceive. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Option, Schema } from "effect"
import type { HighWater } from "../../runtime/kernel/Ownership.ts"

/** A file that is there is whole. `flush`: it outlives not only this process, but a power cut. */
export const writeWhole = (path: string, content: string, { flush }: { readonly flush: boolean }): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.part`, content, { mode: 0o600, flush })
  renameSync(`${path}.part`, path)
}

const Kept = Schema.fromJsonString(Schema.Struct({
  epoch: Schema.Int,
  /** Added to epochs on their way to the driver, which knows of no control plane that begins to count again. */
  epochOffset: Schema.Int,
  highWater: Schema.NullOr(Schema.Struct({ cloudId: Schema.String, timeline: Schema.Int, position: Schema.Int }))
}))
type Kept = typeof Kept.Type
const decode = Schema.decodeUnknownOption(Kept)

const damagedAdvice = "Remove it if you know that the control plane this agent dials is the one that owns its guests"
const nothing: Kept = { epoch: 0, epochOffset: 0, highWater: null }

const read = (path: string): Kept => {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch {
    return nothing
  }
  const kept = decode(text)
  if (Option.isNone(kept)) throw new Error(`${path} is damaged: it said what this host has seen of its control plane. ${damagedAdvice}`)
  return kept.value
}

/** Has the control plane lost what this host has seen of it? The reason, or `undefined`. */
const lossOf = (seen: HighWater, told: HighWater): string | undefined => {
  if (seen.cloudId !== told.cloudId) return `it is the cloud ${told.cloudId}, and this host belongs to the cloud ${seen.cloudId}`
  if (told.timeline < seen.timeline) return `it is on timeline ${told.timeline}, and this host has seen ${seen.timeline}`
  if (told.timeline > seen.timeline || told.position >= seen.position) return undefined
  return `it was rolled back: it is at position ${told.position}, and this host has seen ${seen.position}`
}

export interface HostMemory {
  /** Remembers the control plane that adopts this host; or why it must not. */
  readonly adopt: (epoch: number, told: HighWater | null) => string | undefined
  /** The epoch for the driver; or why a call under this one is refused. A newer one is remembered first. */
  readonly admit: (epoch: number) => number | string
}

/** Synchronous on purpose: no call may slip in between. Throws where the file cannot be read or written. */
export const openHostMemory = (path: string, { acceptLoss }: { readonly acceptLoss: boolean }): HostMemory => {
  let kept = read(path)
  const keep = (next: Kept): void => {
    if (JSON.stringify(next) === JSON.stringify(kept)) return
    writeWhole(path, JSON.stringify(next), { flush: true })
    kept = next
  }
  const old = (epoch: number) => `epoch ${epoch} is over: this host has seen ${kept.epoch}`

  return {
    adopt: (epoch, told) => {
      const { epoch: newest, epochOffset, highWater: seen } = kept
      const loss = seen === null || told === null ? undefined : lossOf(seen, told)
      if (loss !== undefined && !acceptLoss) {
        return `The control plane has lost what this host knows of it: ${loss}. If that is meant, start the agent once with --accept-loss`
      }
      const isAnother = loss !== undefined || (seen !== null && told !== null && told.timeline > seen.timeline)
      if (epoch < newest && !isAnother) return old(epoch)
      // Epochs may begin again with a journal that was put back: to the driver they go on.
      keep({ epoch, epochOffset: epochOffset + Math.max(0, newest - epoch), highWater: told ?? seen })
      return undefined
    },
    admit: (epoch) => {
      if (epoch < kept.epoch) return old(epoch)
      keep({ ...kept, epoch })
      return epoch + kept.epochOffset
    }
  }
}
