import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { mutants } from "../mutants.ts"
import type { Mutant } from "../mutants.ts"
import type { Options } from "./options.ts"

const root = resolve(import.meta.dirname, "../../..")
const secondsMax = 240

/** A copy of the sources, in a folder that the build ignores and from where the packages are found. */
const copied = (): string => {
  mkdirSync(join(root, "dist"), { recursive: true })
  const folder = mkdtempSync(join(root, "dist", "mutant-"))
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  cpSync(join(root, "test/sim"), join(folder, "test/sim"), { recursive: true })
  return folder
}

/** Throws where the text is not there, or not once: the table is out of date then. */
export const edited = (text: string, { from, name, to }: Mutant): string => {
  const places = text.split(from).length - 1
  if (places !== 1) throw new Error(`Mutant "${name}": its text is ${places} times in the file, not once`)
  return text.replace(from, () => to)
}

/** The simulation of the copy; what it says when an invariant breaks. */
const simulated = (folder: string, args: ReadonlyArray<string>): Promise<string> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [join(folder, "test/sim/main.ts"), ...args], { stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    const stop = setTimeout(() => child.kill("SIGKILL"), secondsMax * 1000)
    const hear = (text: Buffer) => {
      said += text.toString()
      // The first failure is enough.
      if (/ broke "/.test(said) && /again: /.test(said)) child.kill("SIGKILL")
    }
    child.stdout.on("data", hear)
    child.stderr.on("data", hear)
    child.on("close", () => {
      clearTimeout(stop)
      done(said)
    })
  })

/** The answer of one mutant: which invariant broke, at which seed, after how many seeds that held. */
const verdictOf = (said: string): string => {
  const broken = /seed (\d+) broke "([^"]+)"/.exec(said)
  const held = (said.match(/^seed \d+: /gm) ?? []).length
  if (broken !== null) return `caught by "${broken[2]}", seed ${broken[1]}, after ${held} that held`
  const crash = /(\w*Error: [^\n]*)/.exec(said)
  return held === 0 ? `does not run: ${crash?.[1] ?? "no seed ended in time"}` : `SURVIVED ${held} seeds`
}

/** Every mutant against the same seeds; 0 when all of them are caught. */
export const mutate = async ({ faults, minutes, mutants: which, seed, seeds, workload }: Options): Promise<number> => {
  let survivors = 0
  const chosen = mutants.filter(({ name }) => which === "all" || name.includes(which ?? ""))
  for (const mutant of chosen) {
    const folder = copied()
    try {
      const path = join(folder, mutant.file)
      writeFileSync(path, edited(readFileSync(path, "utf8"), mutant))
      const said = await simulated(folder, [
        "--seed", String(seed), "--seeds", String(seeds), "--minutes", String(minutes),
        ...(workload === undefined ? [] : ["--workload", workload]),
        ...(faults === undefined ? [] : ["--faults", faults === "most" ? faults : faults.join(",") || "none"])
      ])
      const verdict = verdictOf(said)
      if (!verdict.startsWith("caught")) survivors++
      process.stdout.write(`${mutant.name}: ${verdict}\n`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  process.stdout.write(`${chosen.length} mutants, ${chosen.length - survivors} caught\n`)
  return survivors === 0 ? 0 : 1
}
