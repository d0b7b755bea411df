import type { Window } from "../../Window.ts"

export const behaviours = {
  /** Pages, the newest first; before, all of them, the oldest first. */
  pages: { since: 59 },
  /** A move that has not begun to run can be aborted, too. */
  abortsWaiting: { since: 65 },
  /** A host that was named is checked by the scheduler, unless it is forced; before, it was always forced. */
  checksHost: { since: 30 },
  /** A cold migration may name its host. */
  namesHost: { since: 56 },
  /** What is wrong is found out after the answer. */
  answersAtOnce: { since: 34 }
} as const satisfies Record<string, Window>
