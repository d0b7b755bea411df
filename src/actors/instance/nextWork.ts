import type { Work } from "./Instance.ts"

/** The next step of the same task. */
export const nextWork = (work: Work, step: Work["step"], atMillis: number, more: Partial<Work> = {}): Work => ({
  ...work, step, generation: work.generation + 1, touchedAtMillis: atMillis, ...more
})
