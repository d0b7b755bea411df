#!/usr/bin/env node
// `npm start`: installs what is missing, bundles what has changed, runs the cloud.
import { bundle, engineFlags, program } from "./bundle.mjs"
import { install } from "./install.mjs"
import { run } from "./run.mjs"

install()
await bundle()
await run(program, process.argv.slice(2), engineFlags)
