import type { Effect, Stream } from "effect"
import type { Caller } from "../../actors/shared/Caller.ts"
import type { Refusal } from "../../actors/shared/Refusal.ts"

/** One request as a handler sees it: routed, authenticated, its JSON parsed. */
export interface Exchange {
  readonly method: string
  /** The path inside the face, without the face's prefix or query: `/servers/detail`. */
  readonly path: string
  /** The origin and prefix callers use for this face, for links: `http://127.0.0.1:8774/compute`. */
  readonly base: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  /** `req-<uuid>` */
  readonly requestId: string
  /** Absent only on rows marked `open`. */
  readonly caller: Caller
  /** The parsed JSON body; `null` without one, and on rows marked `raw`. */
  readonly body: unknown
  /** For rows marked `raw` that take JSON all the same, once they have checked what comes before it. */
  readonly json: Effect.Effect<unknown, Refusal>
  readonly bytes: Stream.Stream<Uint8Array, Refusal>
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, unless `text` or `bytes` is given; nothing at all for a bare status. */
  readonly body?: unknown
  readonly text?: string
  readonly bytes?: Stream.Stream<Uint8Array, Refusal>
}

export type Handler<R = never> = (exchange: Exchange) => Effect.Effect<Answer, Refusal, R>

/** One operation of a face. `path` uses `:name` parameters. */
export interface Row<R = never> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD"
  readonly path: string
  readonly handle: Handler<R>
  /** Needs no token. */
  readonly open?: boolean
  /** The body is not JSON, or not always: the handler reads `bytes` or `json`. */
  readonly raw?: boolean
}
