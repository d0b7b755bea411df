import { createHash, type KeyObject } from "node:crypto"

/** Public keys as OpenSSH writes them: `type base64 comment`, the base64 being length-prefixed fields. */

/** How many fields follow the type, and the size of the first where it is fixed. */
const kinds: Readonly<Record<string, { readonly fields: number; readonly firstBytes?: number }>> = {
  "ssh-rsa": { fields: 2 },
  "ssh-dss": { fields: 4 },
  "ssh-ed25519": { fields: 1, firstBytes: 32 },
  "ecdsa-sha2-nistp256": { fields: 2, firstBytes: 8 },
  "ecdsa-sha2-nistp384": { fields: 2, firstBytes: 8 },
  "ecdsa-sha2-nistp521": { fields: 2, firstBytes: 8 },
  "sk-ssh-ed25519@openssh.com": { fields: 2, firstBytes: 32 },
  "sk-ecdsa-sha2-nistp256@openssh.com": { fields: 3, firstBytes: 8 }
}

/** The fields of a key's blob; `null` when lengths and bytes do not agree. */
const fieldsOf = (blob: Buffer): ReadonlyArray<Buffer> | null => {
  const fields: Array<Buffer> = []
  for (let at = 0; at < blob.length;) {
    if (at + 4 > blob.length) return null
    const end = at + 4 + blob.readUInt32BE(at)
    if (end > blob.length) return null
    fields.push(blob.subarray(at + 4, end))
    at = end
  }
  return fields
}

/** The binary key in a line of text, if it is one. */
const blobOf = (publicKey: string): Buffer | null => {
  const [type = "", base64 = ""] = publicKey.trim().split(/[ \t]+/)
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (kind === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || /[\r\n]/.test(publicKey.trim())) return null
  const blob = Buffer.from(base64, "base64")
  const fields = fieldsOf(blob)
  if (fields === null || fields.length !== kind.fields + 1 || fields[0]!.toString() !== type) return null
  if (fields.slice(1).some((field) => field.length === 0)) return null
  return kind.firstBytes !== undefined && fields[1]!.length !== kind.firstBytes ? null : blob
}

const colons = (digest: Buffer) => digest.toString("hex").match(/../g)!.join(":")

/** MD5, as Nova has shown it since its beginning; `null` for what is no key. */
export const sshFingerprint = (publicKey: string): string | null => {
  const blob = blobOf(publicKey)
  return blob === null ? null : colons(createHash("md5").update(blob).digest())
}

const field = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
/** A positive number: a zero byte in front keeps its top bit from meaning a sign. */
const number = (base64url: string): Buffer => {
  const bytes = Buffer.from(base64url, "base64url")
  return field(bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

/** An RSA key as OpenSSH reads it. */
export const sshPublicKey = (key: KeyObject, comment: string): string => {
  const { e, n } = key.export({ format: "jwk" })
  const blob = Buffer.concat([field(Buffer.from("ssh-rsa")), number(e!), number(n!)])
  return `ssh-rsa ${blob.toString("base64")} ${comment}`
}
