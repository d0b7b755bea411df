/** A user's public key. The private half of a generated one is told once and never kept. */
export type Keypair = {
  readonly userId: string
  readonly name: string
  readonly type: "ssh" | "x509"
  readonly publicKey: string
  readonly fingerprint: string
  readonly createdAt: string
}

export const keypairKey = (userId: string, name: string): string => `${userId}/${name}`

export const keypairs = { type: "keypair", key: (keypair: Keypair) => keypairKey(keypair.userId, keypair.name) }
