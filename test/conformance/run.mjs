// `npm run conformance`: the replay, or with `numa` the placement rules alone, on the Node that the packages bring.
import { join } from "node:path"
import { install, root } from "../../cluster/install.mjs"
import { run } from "../../cluster/run.mjs"

install()
const [first, ...rest] = process.argv.slice(2)
await (first === "numa" ? run(join(root, "test/conformance/numaMain.ts"), rest) : run(join(root, "test/conformance/main.ts"), process.argv.slice(2)))
