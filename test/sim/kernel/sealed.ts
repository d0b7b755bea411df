import type { World } from "./World.ts"

/** A way out of the simulation that somebody tried, and from where. */
export interface Escape {
  readonly what: string
  readonly stack: string
}

const escapesMax = 20

/**
 * Runs the function with every door shut: chance and wall time are the world's, and a timer, a microtask or a promise
 * that is waited for is noted. None of them can run meanwhile anyway, because nothing here ever returns to the event
 * loop; who waits for one waits for ever.
 */
export const sealed = <A>(world: World, run: () => A): { readonly value: A; readonly escapes: ReadonlyArray<Escape> } => {
  const escapes: Array<Escape> = []
  const note = (what: string) => {
    if (escapes.length < escapesMax) escapes.push({ what, stack: new Error(what).stack ?? "" })
  }
  const chance = world.prng("Math.random")
  const scope = globalThis as unknown as Record<string, unknown>
  const doors: ReadonlyArray<readonly [object: object, name: string, shut: unknown]> = [
    [Math, "random", () => chance.next()],
    [Date, "now", () => Math.floor(world.nowMillis)],
    ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask"].map((name) => [scope, name, () => note(name)] as const),
    [process, "nextTick", () => note("process.nextTick")],
    [Promise.prototype, "then", function() { note("Promise.then"); return new Promise(() => undefined) }]
  ]
  const open = doors.map(([object, name, shut]) => {
    const before = Object.getOwnPropertyDescriptor(object, name)!
    Object.defineProperty(object, name, { ...before, ...("value" in before ? { value: shut } : { get: () => shut }) })
    return () => Object.defineProperty(object, name, before)
  })
  try {
    return { value: run(), escapes }
  } finally {
    for (const restore of open) restore()
  }
}
