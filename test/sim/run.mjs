// `npm run sim`: the simulation, on the Node that the packages bring.
import { join } from "node:path"
import { install, root } from "../../cluster/install.mjs"
import { run } from "../../cluster/run.mjs"

install()
await run(join(root, "test/sim/main.ts"), process.argv.slice(2))
