/**
 * One generated x509 key pair in five hundred had no fingerprint: its random serial number began with a zero byte, which
 * DER forbids, so OpenSSL would not read the certificate.
 */
import { generateKeyPairSync, X509Certificate } from "node:crypto"
import { assert, describe, it } from "vitest"
import { selfSigned } from "../../src/actors/catalog/x509.ts"

describe("a certificate", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 })

  it.each<readonly [string, ReadonlyArray<number>, string]>([
    ["a zero in front", [0x00, 0x01, 0x02], "0102"],
    ["a zero in front of a high bit", [0x00, 0x80], "80"],
    ["a high bit", [0x80, 0x01], "8001"],
    ["nothing but zeros", [0, 0, 0], "0"]
  ])("is readable with a serial number of %s", (_, serial, expected) => {
    const pem = selfSigned(publicKey, privateKey, {
      userId: "user", serial: Buffer.from(serial), notBefore: "2030-01-01T00:00:00.000Z", notAfter: "2040-01-01T00:00:00.000Z"
    })
    assert.strictEqual(new X509Certificate(pem).serialNumber, expected)
  })
})
