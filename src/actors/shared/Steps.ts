/**
 * A long computation that pauses often, so that others have their turn meanwhile. What it is sent at each pause is whether its
 * time is up: who can, ends then with what it has.
 */
export type Steps<A> = Generator<void, A, boolean>

/** All of it at once, for who has nobody waiting. */
export const finished = <A>(steps: Steps<A>): A => {
  for (;;) {
    const next = steps.next(false)
    if (next.done === true) return next.value
  }
}
