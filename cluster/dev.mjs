// `npm run cluster`: installs what is missing, bundles what has changed, runs a whole cluster on this machine.
import { join } from "node:path"
import { bundle } from "./bundle.mjs"
import { install, root } from "./install.mjs"
import { run } from "./run.mjs"

const args = process.argv.slice(2)
install()
if (!args.includes("--help")) await bundle()
await run(join(root, "cluster", "dev", "main.ts"), args)
