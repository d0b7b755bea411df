/** Reads the two forms of JSON patch that Glance takes. */
import { Result } from "effect"
import type { ImageChange } from "../../../actors/image/imagePatch.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"

const bad = (message: string): Result.Result<never, Refusal> => Result.fail(refuse("badRequest", message))

const operations = ["add", "remove", "replace"] as const
type Operation = ImageChange["op"]
const isOperation = (value: unknown): value is Operation => operations.includes(value as Operation)

type RawChange = Readonly<Record<string, unknown>>

/** Draft 4 of the patch format names the path by the operation: `{"replace": "/name", "value": …}`. */
const draft4 = (change: RawChange): Result.Result<{ readonly op: Operation; readonly path: unknown }, Refusal> => {
  const named = operations.filter((each) => change[each] !== undefined)
  return named.length === 1
    ? Result.succeed({ op: named[0]!, path: change[named[0]!] })
    : bad(`Operation objects must contain ${named.length > 1 ? "only" : "exactly"} one member named "add", "remove", or "replace".`)
}

const draft10 = (change: RawChange): Result.Result<{ readonly op: Operation; readonly path: unknown }, Refusal> => {
  const { op, path } = change
  const available = operations.join(", ")
  if (op === undefined) return bad(`Unable to find \`op\` in JSON Schema change. It must be one of the following: ${available}.`)
  if (!isOperation(op)) return bad(`Invalid operation: \`${JSON.stringify(op).slice(0, 255)}\`. It must be one of the following: ${available}.`)
  return path === undefined ? bad("Unable to find 'path' in JSON Schema change") : Result.succeed({ op, path })
}

const readers: Readonly<Record<string, typeof draft4>> = {
  "application/openstack-images-v2.0-json-patch": draft4,
  "application/openstack-images-v2.1-json-patch": draft10
}
const patchTypes = Object.keys(readers)

const pointerRules: ReadonlyArray<readonly [isBroken: (pointer: string) => boolean, rule: string]> = [
  [(pointer) => !pointer.startsWith("/"), "does not start with \"/\""],
  [(pointer) => /\/\s*\//.test(pointer), "contains adjacent \"/\""],
  [(pointer) => pointer.endsWith("/"), "ends with \"/\""],
  [(pointer) => /~([^01]|$)/.test(pointer), "contains \"~\" not part of a recognized escape sequence"]
]

const partsOf = (pointer: unknown): Result.Result<ReadonlyArray<string>, Refusal> => {
  if (typeof pointer !== "string") return bad("The path of an operation must be a string.")
  const broken = pointerRules.find(([isBroken]) => isBroken(pointer))
  return broken === undefined
    ? Result.succeed(pointer.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~").trim()))
    : bad(`Pointer \`${pointer.slice(0, 255)}\` ${broken[1]}.`)
}

export const readPatch = (contentType: string | undefined, body: unknown): Result.Result<ReadonlyArray<ImageChange>, Refusal> =>
  Result.gen(function*() {
    const read = readers[(contentType ?? "").split(";")[0]!.trim().toLowerCase()]
    if (read === undefined) {
      return yield* Result.fail(refuse("unsupportedMediaType", `The content type must be one of ${patchTypes.join(", ")}.`))
    }
    if (!Array.isArray(body)) return yield* bad("Request body must be a JSON array of operation objects.")
    if (body.length > Limits.pageSizeMax) return yield* bad(`A patch may have at most ${Limits.pageSizeMax} operations.`)
    const changes: Array<ImageChange> = []
    for (const raw of body as ReadonlyArray<unknown>) {
      if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return yield* bad("Operations must be JSON objects.")
      const change = raw as RawChange
      const { op, path } = yield* read(change)
      if (op !== "remove" && !("value" in change)) return yield* bad(`Operation "${op}" requires a member named "value".`)
      changes.push({ op, path: yield* partsOf(path), value: change["value"] })
    }
    return changes
  })
