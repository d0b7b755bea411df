/**
 * Releases side by side. What a release writes has a format. A release reads every format up to the one after its own,
 * so that a cloud is upgraded runner by runner:
 *
 * - A newer format may add fields, event tags and types of streams. Fields it does not know a release keeps; events and
 *   types it does not know it passes over.
 * - A row here gives a new field its value in states of before. It must leave alone what is there already: what an older
 *   runner sends by message goes through it, too. In messages such a field is an optional key.
 * - A new value of a field that is there (a state, a step, an action) is read one format before it is written.
 */
import { Schema } from "effect"
import { isObject, type Json } from "../../actors/shared/json.ts"
import { Limits } from "../Limits.ts"

/** What this release writes. */
export const format: number = 1

type Fields = { readonly [field: string]: Json }

export interface Upcast {
  /** The format that has the field. */
  readonly format: number
  /** Of streams; of records it is `record` in the state. */
  readonly type: string
  readonly fill: (state: Fields) => Fields
}

const upcasts: ReadonlyArray<Upcast> = []

/** The state is of a format that this release must not touch. */
export class NewerState extends Schema.TaggedError<NewerState>()("NewerState", {
  format: Schema.Int,
  readable: Schema.Int
}) {
  override get message(): string {
    return `A newer release wrote this (format ${this.format}); this process reads formats up to ${this.readable}: ask a newer one, or upgrade it.`
  }
}

/** Stands in the state; format 1 is written without it. */
const mark = "_format"

const isFields = (state: Json): state is Fields => isObject(state)

export interface Formats {
  readonly read: (type: string, state: Json) => Json | NewerState
  /** `null`: as they are. */
  readonly write: ((type: string, state: Json) => Json) | null
}

/** A state of this format is given back as it is. */
export const makeFormats = (own: number, rows: ReadonlyArray<Upcast>): Formats => {
  const readable = own + Limits.formatSkewMax
  const filled = (type: string, state: Fields): Fields => rows.reduce((so, row) => row.type === type ? row.fill(so) : so, state)
  const formatOf = (state: Fields): number => {
    const found = state[mark]
    return typeof found === "number" ? found : 1
  }
  return {
    read: (type, state) => {
      if (!isFields(state)) return state
      const found = formatOf(state)
      if (found > readable) return new NewerState({ format: found, readable })
      return found >= own ? state : filled(type, state)
    },
    write: own === 1 ? null : (type, state) => {
      if (!isFields(state)) return state
      // A newer release's own fields are in it: its mark stays.
      return formatOf(state) > own ? state : { ...filled(type, state), [mark]: own }
    }
  }
}

export const formats = makeFormats(format, upcasts)
