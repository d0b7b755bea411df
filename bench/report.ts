/** Figures as people read them and as programs do. */
import { figures, isMet, novaOf } from "./figures.ts"
import type { Figure, Measured } from "./figures.ts"
import { median } from "./statistics.ts"

/** Three digits that mean something. */
export const digits = (value: number): string =>
  value === 0 ? "0" : Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)))

const budgetText = ({ budget, unit }: Figure): string =>
  budget === undefined ? "" : "atMost" in budget ? `≤ ${digits(budget.atMost)} ${unit}` : `≥ ${digits(budget.atLeast)} ${unit}`

/** How much of the budget is used: 1 is just met, 2 is missed twofold. */
export const shareOfBudget = (budget: NonNullable<Figure["budget"]>, value: number): number =>
  "atMost" in budget ? value / budget.atMost : budget.atLeast / value

const novaText = (figure: Figure, condition: string, value: number): string => {
  const nova = novaOf(figure, condition)
  if (nova === undefined) return ""
  const times = figure.unit === "/s" ? value / nova : nova / value
  return `${digits(nova)} ${figure.unit} (${digits(times)}×)`
}

const head = ["figure", "condition", "median", "range", "budget", "of budget", "Nova (ratio)"]

const cells = ({ condition, figure: key, samples }: Measured): ReadonlyArray<string> => {
  const figure: Figure = figures[key]
  const value = median(samples)
  const { budget } = figure
  return [
    figure.name,
    condition,
    `${digits(value)} ${figure.unit}`,
    `${digits(Math.min(...samples))}–${digits(Math.max(...samples))}`,
    budgetText(figure),
    budget === undefined ? "" : `${isMet(budget, value) ? "met" : "MISSED"}, ${digits(shareOfBudget(budget, value))}`,
    novaText(figure, condition, value)
  ]
}

/** A table in Markdown, padded so that it is a table on a terminal too. */
export const table = (names: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = names.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)))
  const line = (row: ReadonlyArray<string>) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`
  return [line(names), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n")
}

export const figuresTable = (measured: ReadonlyArray<Measured>): string => table(head, measured.map(cells))

/** The figures with their sums, beside the samples they come from. */
export const figuresJson = (measured: ReadonlyArray<Measured>) =>
  measured.map(({ condition, figure: key, samples }) => {
    const figure: Figure = figures[key]
    const value = median(samples)
    return {
      figure: key,
      name: figure.name.trim(),
      condition,
      unit: figure.unit,
      median: value,
      samples,
      budget: figure.budget ?? null,
      isMet: figure.budget === undefined ? null : isMet(figure.budget, value),
      nova: novaOf(figure, condition) ?? null
    }
  })
