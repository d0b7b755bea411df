/**
 * How entities fail. A defect is for the caller to hear: a restarted entity would be given the same message again, and
 * again, and never get to the next one.
 */
export const supervision = { disableFatalDefects: true } as const
