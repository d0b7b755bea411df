/** Lines of several processes on one screen. */

const colours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94, 91, 37]
const isColoured = process.stdout.isTTY && !process.env["NO_COLOR"]
const width = 9
let given = 0

/** Prints a line behind its process's name. */
export type Print = (line: string) => void

export const printer = (name: string): Print => {
  const colour = colours[given++ % colours.length]
  const head = `${name.padEnd(width)} │`
  const shown = isColoured ? `\u001b[${colour}m${head}\u001b[0m` : head
  return (line) => void process.stdout.write(`${shown} ${line}\n`)
}

/** Calls with each whole line of a text that comes in pieces. */
export const lines = (onLine: (line: string) => void) => {
  let rest = ""
  return {
    push: (text: string): void => {
      const pieces = (rest + text).split("\n")
      rest = pieces.pop() ?? ""
      pieces.forEach(onLine)
    },
    end: (): void => {
      if (rest !== "") onLine(rest)
      rest = ""
    }
  }
}

/** Says how many there were and which came last, when there is a pause: a hundred hosts are no hundred lines. */
export const counted = <A>(pauseMillis: number, say: (count: number, last: A) => void): (one: A) => void => {
  let count = 0
  let timer: NodeJS.Timeout | undefined
  return (one) => {
    count += 1
    clearTimeout(timer)
    timer = setTimeout(() => {
      say(count, one)
      count = 0
    }, pauseMillis)
  }
}
