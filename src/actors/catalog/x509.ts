import { createHash, type KeyObject, sign, X509Certificate } from "node:crypto"

/** Just enough DER to write one self-signed certificate, the kind Windows takes for password-less logins. */

const der = (tag: number, ...parts: ReadonlyArray<Buffer>): Buffer => {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xffff ? 6 : content.length > 0xff ? 4 : 2, "0"), "hex")
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, content])
}
const sequence = (...parts: ReadonlyArray<Buffer>) => der(0x30, ...parts)
const text = (value: string) => der(0x0c, Buffer.from(value))
/** As short as DER demands: no zero in front but the one that keeps a number positive. */
const integer = (bytes: Buffer) => {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = bytes.subarray(first < 0 ? -1 : first)
  return der(0x02, digits[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits)
}
const utcTime = (iso: string) => der(0x17, Buffer.from(`${iso.slice(2, 19).replaceAll(/[-:T]/g, "")}Z`))

/** An object identifier: the first two numbers share a byte, larger ones take seven bits a byte. */
const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number)
  const bytes = [first * 40 + second, ...rest.flatMap((value) => {
    const groups = [value & 0x7f]
    for (let left = value >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })]
  return der(0x06, Buffer.from(bytes))
}

const sha256WithRsa = sequence(oid("1.2.840.113549.1.1.11"), der(0x05))
const commonName = (name: string) => sequence(der(0x31, sequence(oid("2.5.4.3"), text(name))))
const extension = (id: string, value: Buffer) => sequence(oid(id), der(0x04, value))

const extensions = (userPrincipal: string) =>
  der(0xa3, sequence(
    extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.2"))),
    extension("2.5.29.17", sequence(der(0xa0, oid("1.3.6.1.4.1.311.20.2.3"), der(0xa0, text(userPrincipal)))))
  ))

export interface CertificateFacts {
  readonly userId: string
  readonly serial: Buffer
  readonly notBefore: string
  readonly notAfter: string
}

/** The certificate as PEM. Times ISO 8601 in UTC. */
export const selfSigned = (publicKey: KeyObject, privateKey: KeyObject, facts: CertificateFacts): string => {
  const name = commonName(facts.userId)
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(facts.serial),
    sha256WithRsa,
    name,
    sequence(utcTime(facts.notBefore), utcTime(facts.notAfter)),
    name,
    publicKey.export({ format: "der", type: "spki" }),
    extensions(`${facts.userId}@localhost`)
  )
  const signature = sign("sha256", body, privateKey)
  const whole = sequence(body, sha256WithRsa, der(0x03, Buffer.of(0), signature))
  return `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").match(/.{1,64}/g)!.join("\n")}\n-----END CERTIFICATE-----\n`
}

/** SHA-1 of the certificate; `null` for what is none. */
export const x509Fingerprint = (certificate: string): string | null => {
  try {
    const { raw } = new X509Certificate(certificate)
    return createHash("sha1").update(raw).digest("hex").match(/../g)!.join(":")
  } catch {
    return null
  }
}
