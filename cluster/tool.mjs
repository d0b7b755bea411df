// `node cluster/tool.mjs vitest run …`: a development tool from the locked packages, installed first where they are missing.
import { realpathSync } from "node:fs"
import { join } from "node:path"
import { install, root } from "./install.mjs"
import { run } from "./run.mjs"

const [name, ...args] = process.argv.slice(2)
install()
await run(realpathSync(join(root, "node_modules", ".bin", name)), args)
