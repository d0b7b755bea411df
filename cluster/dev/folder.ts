/** What outlives the processes: the data folder, for its owner only. */
import { createHash, randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"

const secretBytes = 18

export interface Folder {
  readonly path: string
  readonly at: (name: string) => string
  /** A secret that is drawn once. */
  readonly secret: (name: string) => string
  readonly write: (name: string, text: string) => string
}

/** What this command keeps in it: nothing else is removed. */
const isOurs = /^(redis|images|agent|runner-\d+|tokens|admin-password|redis-password|clouds\.yaml|cluster\.toml)$/

export const open = (given: string): Folder => {
  mkdirSync(given, { recursive: true })
  const path = realpathSync(given)
  chmodSync(path, 0o700)
  const at = (name: string) => join(path, name)
  const write = (name: string, text: string) => {
    writeFileSync(at(name), text, { mode: 0o600 })
    return at(name)
  }
  const secret = (name: string) => {
    if (!existsSync(at(name))) write(name, `${randomBytes(secretBytes).toString("base64url")}\n`)
    return readFileSync(at(name), "utf8").trim()
  }
  return { path, at, secret, write }
}

export const empty = (folder: Folder, names: ReadonlyArray<string>): void =>
  names.filter((name) => isOurs.test(name)).forEach((name) => rmSync(folder.at(name), { recursive: true, force: true }))

/**
 * Takes the folder for this process, for as long as it lives; false: another has it. A name of the kernel's, which goes
 * with the process whatever ends it; other systems than Linux have none.
 */
export const lock = ({ path }: Folder): Promise<boolean> =>
  new Promise((resolve) => {
    if (process.platform !== "linux") return resolve(true)
    const name = createHash("sha256").update(path).digest("hex").slice(0, 32)
    const server = createServer().once("error", () => resolve(false))
    return server.listen(`\0kilonova-cluster-${name}`, () => resolve(true)).unref()
  })
