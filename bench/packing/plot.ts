/** Lines over time as the text of an SVG picture, and nothing else. */
export interface Line {
  readonly name: string
  /** Ascending by `x`. */
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

export interface Plot {
  readonly title: string
  readonly xName: string
  readonly yName: string
  /** Of the y axis; lines leave the picture where they are outside. */
  readonly yRange: readonly [low: number, high: number]
  readonly lines: ReadonlyArray<Line>
}

const width = 900
const height = 420
const frame = { left: 70, right: 720, top: 40, bottom: 370 }
/** Told apart by who sees colours otherwise, too (Okabe and Ito). */
const colours = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#000000", "#E69F00"]
const ticks = 5

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
const rounded = (value: number): string => String(Number(value.toFixed(1)))
const label = (value: number): string => String(Number(value.toPrecision(3)))

const text = (x: number, y: number, words: string, more = ""): string =>
  `<text x="${rounded(x)}" y="${rounded(y)}"${more}>${escaped(words)}</text>`

export const svg = ({ lines, title, xName, yName, yRange: [low, high] }: Plot): string => {
  const xs = lines.flatMap(({ points }) => points.length === 0 ? [] : [points[0]![0], points.at(-1)![0]])
  const first = Math.min(...xs, Infinity)
  const last = Math.max(...xs, -Infinity)
  const [from, to] = xs.length === 0 ? [0, 1] : [first, first === last ? first + 1 : last]
  const x = (value: number) => frame.left + (value - from) / (to - from) * (frame.right - frame.left)
  const y = (value: number) => frame.bottom - (value - low) / (high - low) * (frame.bottom - frame.top)
  const grid = Array.from({ length: ticks + 1 }, (_, at) => {
    const across = from + (to - from) * at / ticks
    const up = low + (high - low) * at / ticks
    return [
      `<path d="M${frame.left} ${rounded(y(up))}H${frame.right}" stroke="#ddd"/>`,
      text(frame.left - 8, y(up) + 4, label(up), ` text-anchor="end"`),
      text(x(across), frame.bottom + 18, label(across), ` text-anchor="middle"`)
    ].join("\n")
  })
  const drawn = lines.map(({ name, points }, at) => {
    const colour = colours[at % colours.length]!
    const path = points.map(([px, py]) => `${rounded(x(px))} ${rounded(y(py))}`).join("L")
    const own = frame.top + 14 + 22 * at
    return [
      ...path === "" ? [] : [`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.2" clip-path="url(#frame)"/>`],
      `<path d="M${frame.right + 15} ${own - 4}h22" stroke="${colour}" stroke-width="3"/>`,
      text(frame.right + 44, own, name)
    ].join("\n")
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<clipPath id="frame"><rect x="${frame.left}" y="${frame.top}" width="${frame.right - frame.left}" height="${frame.bottom - frame.top}"/></clipPath>`,
    text(frame.left, 24, title, ` font-size="15"`),
    ...grid,
    text((frame.left + frame.right) / 2, height - 12, xName, ` text-anchor="middle"`),
    text(16, frame.top - 12, yName),
    ...drawn,
    "</svg>",
    ""
  ].join("\n")
}
