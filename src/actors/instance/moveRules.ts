import type { Outcome } from "./InstanceCommand.ts"
import * as cold from "./coldMoveRules.ts"
import * as live from "./liveMoveRules.ts"
import { type Events, type Moving, picked } from "./moveEvents.ts"

const rulesOf = ({ work }: Moving) => work.action === "liveMigrate" ? live : cold

export const moveAdvanced = (of: Moving, outcome: Outcome, atMillis: number): Events => {
  switch (outcome._tag) {
    case "Placed": return picked(of, outcome, atMillis)
    case "Done": return rulesOf(of).done(of, outcome, atMillis)
    case "Failed": return rulesOf(of).failed(of, outcome, false, atMillis)
  }
}

export const moveExpired = (of: Moving, message: string, atMillis: number): Events =>
  rulesOf(of).failed(of, { message, details: null, code: 500 }, true, atMillis)
