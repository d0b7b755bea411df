import { Result } from "effect"
import { type Refusal, refuse } from "../../shared/Refusal.ts"

/** What a flavor and an image ask for contradicts itself; `code` is Nova's exception name. */
export const contradiction = (code: string, message: string): Result.Result<never, Refusal> =>
  Result.fail(refuse("badRequest", message, code))
