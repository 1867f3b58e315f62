/** Lists as globus-cli and the SDKs ask for them. */
import { expect, test } from "vitest";
import { askedPage, globOf, markedPage } from "../../../src/sandbox/globus/list-query.ts";

const asked = (query: string): URLSearchParams => new URLSearchParams(query);
const ROWS = [
  { name: "b.h5", type: "file", size: 10, request_time: "2026-03-02T00:00:00+00:00", is_error: true },
  { name: "a.TXT", type: "file", size: 9, request_time: "2026-03-01T00:00:00+00:00", is_error: false },
  { name: "c", type: "dir", size: 0, request_time: "2026-03-03T00:00:00+00:00", is_error: false },
];
const names = (query: string): string[] =>
  askedPage(asked(query), ROWS, { usual: 10, most: 1000 }).page.map(({ name }) => name);

test.each([
  ["", ["b.h5", "a.TXT", "c"]],
  ["filter=name:c", ["c"]],
  ["filter=name:=c,b.h5", ["b.h5", "c"]],
  ["filter=name:~*.txt", ["a.TXT"]],
  ["filter=name:!~*.txt", ["b.h5", "c"]],
  ["filter=name:!c", ["b.h5", "a.TXT"]],
  ["filter=type:file/name:~a*", ["a.TXT"]],
  ["filter=type:dir&filter=name:~b*", ["b.h5", "c"]],
  ["filter=is_error:1", ["b.h5"]],
  ["filter=request_time:2026-03-02 00:00:00,", ["b.h5", "c"]],
  ["filter=request_time:,2026-03-02", ["a.TXT"]],
  ["orderby=name", ["a.TXT", "b.h5", "c"]],
  ["orderby=size DESC", ["b.h5", "a.TXT", "c"]],
  ["orderby=type ASC,name DESC", ["c", "b.h5", "a.TXT"]],
  ["orderby=name&limit=1&offset=1", ["b.h5"]],
])("%s takes %j", (query, found) => {
  expect(names(query)).toEqual(found);
});

test("limits are kept, and the total is that of the filter", () => {
  const page = askedPage(asked("limit=5000&filter=type:file"), ROWS, { usual: 10, most: 1000 });
  expect(page).toMatchObject({ limit: 1000, offset: 0, total: 2 });
  expect(askedPage(asked("limit=x"), ROWS, { usual: 2, most: 3 })).toMatchObject({ limit: 2 });
});

test("pages by marker end with null", () => {
  const rows = [1, 2, 3];
  expect(markedPage(asked(""), rows, 2)).toEqual({ DATA: [1, 2], marker: 0, next_marker: 2 });
  expect(markedPage(asked("marker=2"), rows, 2)).toEqual({ DATA: [3], marker: 2, next_marker: null });
});

test.each([
  ["*.h5", "a.h5", true],
  ["*.h5", "axh5", false],
  ["[!a]?", "bc", true],
  ["[!a]?", "ac", false],
  ["a+(b)", "a+(b)", true],
  ["[", "[", true],
])("the pattern %s on %s: %s", (pattern, name, fits) => {
  expect(globOf(pattern).test(name)).toBe(fits);
});
