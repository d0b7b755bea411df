/** Keystone's refusals in Keystone's terms. */
import { type Refusal, refuse } from "../shared/Refusal.ts"

/** One answer for every failed authentication: it must not tell what was wrong. */
export const unauthenticated: Refusal = refuse("unauthorized", "The request you have made requires authentication.")
export const forbiddenAction = (action: string): Refusal =>
  refuse("forbidden", `You are not authorized to perform the requested action: ${action}.`)
export const forbidden = (sentence: string): Refusal => refuse("forbidden", sentence)
export const invalid = (sentence: string): Refusal => refuse("badRequest", sentence)
export const missing = (attribute: string, target: string): Refusal =>
  refuse(
    "badRequest",
    `Expecting to find ${attribute} in ${target}. The server could not comply with the request since it is either ` +
      "malformed or otherwise incorrect. The client is assumed to be in error."
  )
export const absent = (what: string, id: string): Refusal => refuse("notFound", `Could not find ${what}: ${id}.`)
export const duplicate = (what: string, details: string): Refusal =>
  refuse("conflict", `Conflict occurred attempting to store ${what} - ${details}.`)
export const immutable = (verb: "update" | "delete", what: string, id: string): Refusal =>
  refuse(
    "forbidden",
    `Unable to ${verb} immutable ${what} resource: \`${id}\`. Set resource option "immutable" to false first.`
  )
