/**
 * Whether a host's agent is attached to the runner that owns the host, as that runner last wrote it: every runner's
 * scheduler goes by this one word.
 */
export type AgentState = {
  readonly hostname: string
  readonly isUp: boolean
  /** ISO 8601. */
  readonly since: string
  /** The runner that wrote it. */
  readonly runner: string
}

export const agentStates = {
  type: "agentState",
  key: (state: AgentState): string => state.hostname
}
