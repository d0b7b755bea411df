// Runs a program on the Node that the packages bring, as if it had been called itself: same terminal, signals, exit code.
import { spawn } from "node:child_process"
import { pathToFileURL } from "node:url"
import { majorNeeded, node } from "./install.mjs"

/**
 * `program` finds its arguments where it expects them, in `process.argv`. `flags` are for the engine: they need a process that
 * starts with them, which takes this one's place where the platform can do that.
 */
export const run = async (program, args, flags = []) => {
  if (flags.length > 0 && typeof process.execve === "function") {
    process.execve(node, [node, ...flags, program, ...args], process.env)
  }
  if (Number(process.versions.node.split(".")[0]) >= majorNeeded) {
    process.argv = [process.execPath, program, ...args]
    await import(pathToFileURL(program).href)
    return
  }
  const child = spawn(node, [...flags, program, ...args], { stdio: "inherit" })
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}
