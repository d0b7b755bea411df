// `npm run build`: the bundle alone, for those who start it themselves with `node dist/kilonova.mjs`.
import { bundle } from "./bundle.mjs"
import { install } from "./install.mjs"

install()
await bundle()
