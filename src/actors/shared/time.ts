/** ISO 8601 in UTC with milliseconds; `millis` since 1970. */
export const isoOf = (millis: number): string => new Date(millis).toISOString()

/** Nova's usual form: whole seconds and a `Z`. */
export const isoSeconds = (iso: string): string => `${iso.slice(0, 19)}Z`

/** Nova's database form: microseconds, no zone. */
export const isoMicros = (iso: string): string => `${iso.slice(0, 23)}000`
