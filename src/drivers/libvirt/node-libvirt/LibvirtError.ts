/**
 * What a call can fail with. The daemon's own refusals keep libvirt's numbers, since the code is what a caller
 * decides by; everything else says what became of the connection.
 */
import { Schema } from "effect"
import { errorCode, type ErrorCodeName } from "./constants.ts"

/**
 * The daemon refused or failed a call.
 *
 * `code` is libvirt's error number (see `errorCode`), `domain` the number of the part that raised it,
 * `level` 1 for a warning and 2 for an error.
 */
export class LibvirtError extends Schema.TaggedError<LibvirtError>()("LibvirtError", {
  procedure: Schema.String,
  code: Schema.Int,
  domain: Schema.Int,
  level: Schema.Int,
  message: Schema.String
}) {
  /** Whether this is one of the named codes: `error.is("noDomain")`. */
  is(...names: ReadonlyArray<ErrorCodeName>): boolean {
    return names.some((name) => errorCode[name] === this.code)
  }
}

/**
 * There is no connection, or it ended while the call was pending. Whether the daemon carried the call out is unknown
 * when `wasSent`; when not, it was not.
 *
 * - `refused`: the socket could not be opened, or the daemon declined the handshake
 * - `closed`: the daemon closed the socket, or it broke
 * - `silent`: keepalive questions went unanswered
 * - `garbled`: the daemon sent bytes that are not its protocol
 * - `released`: we closed it ourselves
 */
export class LibvirtConnectionError extends Schema.TaggedError<LibvirtConnectionError>()("LibvirtConnectionError", {
  reason: Schema.Literals(["refused", "closed", "silent", "garbled", "released"]),
  message: Schema.String,
  wasSent: Schema.Boolean
}) {}

/** No reply in time. The daemon may still carry the call out; its slot stays taken until it answers. */
export class LibvirtTimeoutError extends Schema.TaggedError<LibvirtTimeoutError>()("LibvirtTimeoutError", {
  procedure: Schema.String,
  timeoutMillis: Schema.Finite
}) {
  override get message(): string {
    return `${this.procedure} was not answered within ${this.timeoutMillis} ms`
  }
}

/** Too many calls wait for this connection already. */
export class LibvirtBusyError extends Schema.TaggedError<LibvirtBusyError>()("LibvirtBusyError", {
  procedure: Schema.String,
  waitingMax: Schema.Int
}) {
  override get message(): string {
    return `${this.procedure} refused: ${this.waitingMax} calls are waiting already`
  }
}

/** Arguments that have no encoding, or a reply that does not have the layout of its procedure. */
export class LibvirtProtocolError extends Schema.TaggedError<LibvirtProtocolError>()("LibvirtProtocolError", {
  procedure: Schema.String,
  message: Schema.String
}) {}

/** A subscriber fell too far behind and lost events: what it knows must be read anew. */
export class LibvirtEventsLostError extends Schema.TaggedError<LibvirtEventsLostError>()("LibvirtEventsLostError", {
  bufferedMax: Schema.Int
}) {}

/** Any failure of a call. */
export type LibvirtFailure =
  | LibvirtError
  | LibvirtConnectionError
  | LibvirtTimeoutError
  | LibvirtBusyError
  | LibvirtProtocolError
