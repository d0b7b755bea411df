import { type Cause, Effect, Queue, Stream } from "effect"
import { Limits } from "../../runtime/Limits.ts"

/** Tells every listener; one that is slow loses the oldest. */
export const makeBus = <A>() => {
  const queues = new Set<Queue.Queue<A, Cause.Done>>()
  return {
    emit: (value: A): void => queues.forEach((queue) => void Queue.offerUnsafe(queue, value)),
    stream: Stream.callback<A>((queue) =>
      Effect.acquireRelease(
        Effect.sync(() => queues.add(queue)),
        () => Effect.sync(() => queues.delete(queue))
      ), { bufferSize: Limits.fleetEventsMax, strategy: "sliding" })
  }
}
