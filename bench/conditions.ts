/** What the figures depend on besides the program. */
import { execFileSync } from "node:child_process"
import { statfsSync } from "node:fs"
import { availableParallelism, cpus, loadavg, totalmem } from "node:os"

const fileSystems: Readonly<Record<number, string>> = { 0xEF53: "ext4", 0x01021994: "tmpfs", 0x58465342: "xfs", 0x9123683E: "btrfs", 0x794C7630: "overlay" }

const revision = (): string => {
  try {
    return execFileSync("git", ["-C", import.meta.dirname, "rev-parse", "--short", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return "unknown"
  }
}

export const conditions = (folder: string) => {
  const { type } = statfsSync(folder)
  return {
    node: process.version,
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 1e9),
    fileSystem: fileSystems[type] ?? `0x${type.toString(16)}`,
    /** Of the machine before the bench: what else was running. */
    loadBefore: loadavg()[0]!,
    revision: revision()
  }
}
