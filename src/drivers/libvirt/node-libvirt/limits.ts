/** Every limit of the client, named with its unit. */
export const limits = {
  /** The daemon's default `max_client_requests`: a sixth call would only wait in the daemon's socket buffer. */
  callsInFlightMax: 5,
  /** Calls waiting for one of those slots; beyond it a call is refused at once. */
  callsWaitingMax: 1024,
  /** From a call's start (waiting included) to its reply. */
  callMillisMax: 30_000,
  /** Calls that start, save or restore a guest: they wait for QEMU, images and memory on disk. */
  slowCallMillisMax: 300_000,
  /** A peer-to-peer migration is one call that lasts as long as the copying does. */
  migrationMillisMax: 4 * 3_600_000,
  /** Opening a socket and the handshake on it. */
  connectMillisMax: 15_000,
  /** A whole frame on the wire, length word included (the protocol's own maximum). */
  frameBytesMax: 33_554_436,
  /** Payload of one upload packet; older daemons refuse more. */
  streamPacketBytesMax: 262_120,
  /** Received bytes of a stream nobody has read yet; beyond it the socket is paused. */
  streamBufferBytesMax: 4_194_304,
  /** Events a subscriber may lag behind before it is told that it lost some. */
  eventsBufferedMax: 4_096,
  /** Silence after which we ask whether the daemon is alive. */
  keepAliveMillis: 5_000,
  /** Unanswered questions after which the connection is given up. */
  keepAliveMissesMax: 5,
  /** First and longest pause between attempts to connect again. */
  reconnectMillisMin: 100,
  reconnectMillisMax: 10_000
} as const
