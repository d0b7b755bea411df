/** What goes on, on standard error: one line that changes on a terminal, a line now and then elsewhere. */
const everyMillis = 5_000
const everyMillisOnTerminal = 200

export interface Progress {
  /** Something that stays on the screen. */
  readonly say: (line: string) => void
  /** How far something is. */
  readonly at: (what: string, done: number, of: number) => void
}

export const progress = (out: NodeJS.WriteStream): Progress => {
  const startedAt = performance.now()
  let shownAt = -Infinity
  let isOpen = false
  const clock = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`.padStart(6)
  const close = () => {
    if (isOpen) out.write("\n")
    isOpen = false
  }
  return {
    say: (line) => {
      close()
      out.write(`${clock()}  ${line}\n`)
    },
    at: (what, done, of) => {
      const now = performance.now()
      if (now - shownAt < (out.isTTY ? everyMillisOnTerminal : everyMillis)) return
      shownAt = now
      const line = `${clock()}  ${what}: ${done} of ${of}`
      if (!out.isTTY) return void out.write(`${line}\n`)
      out.write(`\r\u001B[K${line}`)
      isOpen = true
    }
  }
}
