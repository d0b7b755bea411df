/** What may stand in a journal, on the wire, or in a record: plain JSON and nothing else. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }
