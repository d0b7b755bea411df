import { createHash } from "node:crypto"
import { type Keypair, keypairKey } from "../../../../actors/catalog/Keypair.ts"
import { isoMicros } from "../../../../actors/shared/time.ts"
import { field, renderer } from "../Fields.ts"

export interface ShownKeypair {
  readonly keypair: Keypair
  /** Told once, in the answer to the request that made it. */
  readonly privateKey: string | null
}

/** The reference numbers its key pairs; ours have no number, so each shows one that is always the same. */
const numberOf = ({ keypair }: ShownKeypair): number =>
  createHash("sha1").update(keypairKey(keypair.userId, keypair.name)).digest().readUInt32BE(0) >>> 1

const never = () => null
const shown = { views: ["show"] }

export const fields = [
  field<ShownKeypair>("name", ({ keypair }) => keypair.name),
  field<ShownKeypair>("type", ({ keypair }) => keypair.type, { since: 2 }),
  field<ShownKeypair>("public_key", ({ keypair }) => keypair.publicKey),
  field<ShownKeypair>("fingerprint", ({ keypair }) => keypair.fingerprint),
  field<ShownKeypair>("user_id", ({ keypair }) => keypair.userId, { views: ["show", "create"] }),
  field<ShownKeypair>("private_key", ({ privateKey }) => privateKey ?? undefined, { views: ["create"], until: 91 }),
  field<ShownKeypair>("id", numberOf, shown),
  field<ShownKeypair>("created_at", ({ keypair }) => isoMicros(keypair.createdAt), shown),
  field<ShownKeypair>("updated_at", never, shown),
  field<ShownKeypair>("deleted", () => false, shown),
  field<ShownKeypair>("deleted_at", never, shown)
]
export const render = renderer(fields)
