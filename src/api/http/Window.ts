/** The minor versions of an API for which a row holds, both ends included; without `since`, what came before versions too. */
export interface Window {
  readonly since?: number
  readonly until?: number
}

export const holds = (window: Window, version: number): boolean =>
  (window.since === undefined || window.since <= version) && (window.until === undefined || version <= window.until)

/** One value per window of versions. */
export type ByVersion<A> = ReadonlyArray<Window & { readonly is: A }>
export const atVersion = <A>(rows: ByVersion<A>, version: number): A | undefined =>
  rows.find((row) => holds(row, version))?.is
