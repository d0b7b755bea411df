import type { DomainSpec } from "../../src/drivers/Driver.ts"

/** A small server without image or network; `rest` says what matters to the test. */
export const specOf = (number: number, rest: Partial<DomainSpec> = {}): DomainSpec => ({
  id: `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`,
  name: `instance-${number.toString(16).padStart(8, "0")}`,
  displayName: `server ${number}`,
  projectId: "project",
  userId: "user",
  hostname: `server-${number}`,
  vcpus: 1,
  memoryMb: 64,
  rootGb: 0,
  ephemeralGb: 0,
  swapMb: 0,
  image: null,
  nics: [],
  extraSpecs: {},
  userData: null,
  ...rest
})
