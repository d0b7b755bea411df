import { assert, describe, it } from "vitest"
import { parseTime } from "../../../../../src/api/http/compute/servers/time.ts"

describe("times as clients write them", () => {
  const rows: ReadonlyArray<readonly [text: string, iso: string | null]> = [
    ["2012-08-20T21:11:09Z", "2012-08-20T21:11:09.000Z"],
    ["2012-08-20T21:11:09+05:30", "2012-08-20T15:41:09.000Z"],
    ["2012-08-20T21:11:09-0530", "2012-08-21T02:41:09.000Z"],
    ["2012-08-20T21:11:09.123456", "2012-08-20T21:11:09.123Z"],
    ["2012-08-20 21:11:09", "2012-08-20T21:11:09.000Z"],
    ["20120820T211109Z", "2012-08-20T21:11:09.000Z"],
    ["2012-08-20T21:11", "2012-08-20T21:11:00.000Z"],
    ["2012-08-20T21", "2012-08-20T21:00:00.000Z"],
    ["2012-08-20", "2012-08-20T00:00:00.000Z"],
    ["2012", "2012-01-01T00:00:00.000Z"],
    ["2012-13-20T21:11:09Z", null],
    ["2012-02-30", null],
    ["2012-08-20T25:11:09Z", null],
    ["yesterday", null],
    ["", null]
  ]
  it.each(rows)("%s → %s", (text, iso) => assert.strictEqual(parseTime(text), iso))
})
