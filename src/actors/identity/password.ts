/** Passwords and secrets are kept as scrypt hashes that name their own parameters, so that these may change later. */
import { scrypt, timingSafeEqual } from "node:crypto"

export interface Cost {
  /** log2 of scrypt's N. */
  readonly logN: number
  readonly blockSize: number
  readonly parallel: number
}

const hashBytes = 32
/** scrypt needs 128 · N · r bytes; Node refuses more than it is told. */
const memoryOf = (cost: Cost) => 2 * 128 * 2 ** cost.logN * cost.blockSize

const derive = (password: string, salt: Uint8Array, cost: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(
      password.normalize("NFC"),
      salt,
      hashBytes,
      { N: 2 ** cost.logN, r: cost.blockSize, p: cost.parallel, maxmem: memoryOf(cost) },
      (error, hash) => error === null ? resolve(hash) : reject(error)
    )
  )

const format = (cost: Cost, salt: Uint8Array, hash: Uint8Array): string =>
  `$scrypt$ln=${cost.logN},r=${cost.blockSize},p=${cost.parallel}` +
  `$${Buffer.from(salt).toString("base64url")}$${Buffer.from(hash).toString("base64url")}`

const parse = (text: string) => {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(text)
  return match === null ? undefined : {
    cost: { logN: Number(match[1]), blockSize: Number(match[2]), parallel: Number(match[3]) },
    salt: Buffer.from(match[4]!, "base64url"),
    hash: Buffer.from(match[5]!, "base64url")
  }
}

export const hashPassword = (password: string, salt: Uint8Array, cost: Cost): Promise<string> =>
  derive(password, salt, cost).then((hash) => format(cost, salt, hash))

/** A hash no password has: checking against it takes as long as a real check. */
export const decoyHash = (cost: Cost): string => format(cost, new Uint8Array(16), new Uint8Array(hashBytes))

export const matchesHash = (password: string, text: string): Promise<boolean> => {
  const stored = parse(text)
  return stored === undefined
    ? Promise.resolve(false)
    : derive(password, stored.salt, stored.cost).then((hash) =>
      hash.length === stored.hash.length && timingSafeEqual(hash, stored.hash)
    )
}
