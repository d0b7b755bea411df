import type { Answer } from "../Exchange.ts"
import { newest, oldest } from "./versions.ts"

/** What the service says of itself, without a token. `base` is where callers reach it. */

interface Edition {
  readonly id: string
  readonly path: string
  readonly status: string
  readonly version: string
  readonly minVersion: string
  readonly updated: string
  readonly media: string
}

const legacyEdition: Edition = {
  id: "v2.0", path: "/v2/", status: "DEPRECATED", version: "", minVersion: "", updated: "2025-07-04T12:00:00Z", media: "2"
}
const currentEdition: Edition = {
  id: "v2.1", path: "/v2.1/", status: "CURRENT", version: `2.${newest}`, minVersion: `2.${oldest}`, updated: "2013-07-23T11:33:21Z", media: "2.1"
}
const mediaOf = (edition: Edition) => [
  { base: "application/json", type: `application/vnd.openstack.compute+json;version=${edition.media}` }
]
const self = (edition: Edition, base: string) => ({ rel: "self", href: `${base}${edition.path}` })

const summary = (edition: Edition, base: string) => ({
  id: edition.id,
  links: [self(edition, base)],
  status: edition.status,
  version: edition.version,
  min_version: edition.minVersion,
  updated: edition.updated
})

const document = (edition: Edition) => (base: string): Answer => ({
  status: 200,
  body: {
    version: {
      ...summary(edition, base),
      links: [self(edition, base), { rel: "describedby", type: "text/html", href: "http://docs.openstack.org/" }],
      "media-types": mediaOf(edition)
    }
  }
})

export const legacyDocument = document(legacyEdition)
export const currentDocument = document(currentEdition)

export const versionList = (base: string): Answer => ({
  status: 200,
  body: { versions: [summary(legacyEdition, base), summary(currentEdition, base)] }
})

/** For any other path at the root: where one may go instead. */
export const choices = (base: string, path: string): Answer => ({
  status: 300,
  body: {
    choices: [legacyEdition, currentEdition].map((edition) => ({
      id: edition.id,
      status: edition.status,
      links: [{ rel: "self", href: `${base}${edition.path.slice(0, -1)}${path}` }],
      "media-types": mediaOf(edition)
    }))
  }
})
