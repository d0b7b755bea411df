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
  /** The parsed JSON body; `null` without one. Rows marked `raw` find theirs in `bytes`. */
  readonly body: unknown
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
  /** The body is not JSON: the handler reads `bytes`. */
  readonly raw?: boolean
}
