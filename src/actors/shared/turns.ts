import type { Change, Records } from "../../runtime/kernel/Records.ts"

/**
 * Where a limit is counted over records that several processes write, each write takes a turn too: of two that counted
 * the same, one finds its turn taken and counts again.
 */
type Turn = { readonly id: string; readonly count: number }

const turns = { type: "turn", key: (turn: Turn) => turn.id }

/** The change that goes with a write that was counted under this name. */
export const takeTurn = (records: Pick<Records["Service"], "get" | "version">, id: string): Change => {
  const known = records.get(turns, id)
  return {
    table: turns,
    put: { id, count: (known?.count ?? 0) + 1 },
    expect: known === undefined ? "absent" : records.version(turns, id)
  }
}
