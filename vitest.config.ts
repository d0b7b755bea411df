import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

/** They run clouds, stores and guests as processes of their own, and time them: beside each other they would be slow, not wrong. */
const ofProcesses = ["clients", "cluster", "crash", "drivers/libvirt", "examples", "failover", "sim"].map((folder) => `test/${folder}/**/*.test.ts`)
const cores = availableParallelism()

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "rules", include: ["test/**/*.test.ts"], exclude: ofProcesses, maxWorkers: cores, sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: "processes", include: ofProcesses, maxWorkers: Math.max(1, Math.floor(cores / 2)), sequence: { groupOrder: 1 } } }
    ]
  }
})
