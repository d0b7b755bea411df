/** The journal alone, in a process of its own: what each step of a boot pays to be durable. */
import { execFile } from "node:child_process"
import { resolve } from "node:path"
import { promisify } from "node:util"
import type { Bench } from "../Bench.ts"
import { rounds } from "../Bench.ts"

const program = resolve(import.meta.dirname, "../journal.ts")
const writers = 512
const said = /([\d.]+) µs caller, ([\d.]+) µs all other/

export const journal = {
  meaning: "CPU per commit of the SQLite journal alone",
  run: async (bench: Bench) => {
    const { commits } = bench.scale
    const samples = await rounds(bench, `journal: ${commits} commits by ${writers} writers`, async () => {
      const env = { ...process.env, BENCH_FOLDER: bench.clouds.freshFolder() }
      const { stdout } = await promisify(execFile)(process.execPath, [program, `${writers}`, `${commits}`], { env })
      const match = said.exec(stdout)
      if (match === null) throw new Error(`the journal's bench said: ${stdout}`)
      return { caller: Number(match[1]), others: Number(match[2]) }
    })
    bench.record("commitCallerCpu", `${writers} writers`, samples.map(({ caller }) => caller))
    bench.record("commitWorkerCpu", `${writers} writers`, samples.map(({ others }) => others))
  }
}
