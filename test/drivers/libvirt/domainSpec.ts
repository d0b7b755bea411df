/** Servers for the tests of the libvirt driver. */
import { randomUUID } from "node:crypto"
import type { DomainSpec, ImageSource } from "../../../src/drivers/Driver.ts"

export const imageSource = (change: Partial<ImageSource> = {}): ImageSource => ({
  id: "9b1b3f3e-0c59-4a3d-8a39-6f6a3f3c0a11",
  path: "",
  diskFormat: "qcow2",
  checksum: null,
  properties: {},
  kernelPath: null,
  ramdiskPath: null,
  ...change
})

export const domainSpec = (change: Partial<DomainSpec> = {}): DomainSpec => {
  const id = change.id ?? randomUUID()
  return {
    id,
    name: `instance-${id.slice(0, 8)}`,
    displayName: "web",
    projectId: "project-1",
    userId: "user-1",
    hostname: "web",
    vcpus: 1,
    memoryMb: 64,
    rootGb: 1,
    ephemeralGb: 0,
    swapMb: 0,
    image: null,
    nics: [],
    extraSpecs: {},
    userData: null,
    ...change
  }
}
