/** What every part is given. */
import type { FigureName } from "./figures.ts"
import type { CpuMillis } from "./procfs.ts"
import type { Cloud, Clouds } from "./cloud.ts"
import type { Progress } from "./progress.ts"
import type { Scale } from "./scale.ts"
import type { Filled } from "./filled.ts"

export interface Bench {
  readonly scale: Scale
  readonly clouds: Clouds
  readonly progress: Progress
  /** Where pictures go, beside the figures. */
  readonly results: string
  readonly record: (figure: FigureName, condition: string, samples: ReadonlyArray<number>) => void
  /** Text for the end of the report: a profile, a condition worth knowing. */
  readonly remark: (text: string) => void
  /** The one cloud that the parts about many stored servers share, since filling it takes minutes. */
  readonly filled: () => Promise<Filled>
}

/** CPU time of the cloud while something runs. */
export const cpuOf = async (cloud: Cloud, run: () => Promise<unknown>): Promise<CpuMillis> => {
  const before = cloud.cpu()
  await run()
  const after = cloud.cpu()
  return {
    all: after.all - before.all,
    main: after.main - before.main,
    journal: after.journal - before.journal,
    rest: after.rest - before.rest
  }
}

/** One warm-up that is thrown away, then a sample for every round. */
export const rounds = async <A>(bench: Bench, what: string, round: () => Promise<A>): Promise<ReadonlyArray<A>> => {
  bench.progress.say(what)
  await round()
  const samples: Array<A> = []
  for (let index = 0; index < bench.scale.rounds; index++) {
    samples.push(await round())
    bench.progress.at(what, index + 1, bench.scale.rounds)
  }
  return samples
}
