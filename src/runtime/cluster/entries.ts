/** The journal's shapes as the store's texts, and back. */
import type { Commit, FeedEntry, Snapshot } from "../kernel/Journal.ts"
import { fencesOf } from "../kernel/Journal.ts"
import type { StoreCommit, StoreEntry, StoreSnapshot } from "../kernel/Store.ts"

export const storeCommit = (commit: Commit): StoreCommit => ({
  fences: fencesOf(commit),
  requestId: commit.requestId,
  reply: commit.requestId === null ? "" : JSON.stringify(commit.reply),
  appends: commit.appends.map(({ events, expectedVersion, pending, state, stream }) => ({
    type: stream.type,
    id: stream.id,
    expected: expectedVersion,
    pending,
    state: state === null ? null : JSON.stringify(state),
    events: JSON.stringify(events)
  }))
})

/** The entries of an applied commit, whose last append is at `position`. */
export const entriesOf = ({ appends }: Commit, position: number): ReadonlyArray<FeedEntry> =>
  appends.map(({ events, expectedVersion, pending, state, stream }, index) => ({
    position: position - appends.length + 1 + index, stream, version: expectedVersion + 1, events, state, pending
  }))

export const feedEntry = ({ events, id, pending, position, state, type, version }: StoreEntry): FeedEntry => ({
  position,
  stream: { type, id },
  version,
  events: JSON.parse(events),
  state: state === null ? null : JSON.parse(state),
  pending
})

export const snapshotOf = ({ id, pending, state, type, version }: StoreSnapshot): Snapshot => ({
  stream: { type, id }, version, state: JSON.parse(state), pending
})
