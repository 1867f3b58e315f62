/** The pages that compare this program with others answer every point, and each test that they name exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./support/peers/real-peers.ts";

/** What stands instead of a test where something is not there yet. */
const LATER = "later: flows";
const PAL_XFEL = "docs/parity-pal-xfel.md";

interface Row {
  readonly point: string;
  /** What shows it. */
  readonly shown: readonly string[];
}

const rowsOf = (page: string): readonly Row[] =>
  readFileSync(join(ROOT, page), "utf8")
    .split("\n")
    .map((line) => /^\| (w?\d+) \| .* \| .* \| (.+) \|$/.exec(line))
    .filter((found) => found !== null)
    .map(([, point = "", cell = ""]) => ({ point, shown: cell.split("<br>") }));

/** A file, and in it a title, of which the beginning is enough. */
function isThere(named: string): boolean {
  const [, file = "", title = ""] = /^`([^`]+)`(?: › (.+))?$/.exec(named) ?? [];
  const path = join(ROOT, file);
  if (!file.startsWith("test/") || !existsSync(path)) return false;
  const [, ...behind] = readFileSync(path, "utf8").split(title);
  return title === "" || behind.some((rest) => !/^\d/.test(rest)); // "weakness 1" is not in "weakness 10"
}

const upTo = (last: number, letter = ""): string[] => Array.from({ length: last }, (_, i) => `${letter}${i + 1}`);

describe.each([
  ["docs/parity.md", upTo(69)],
  [PAL_XFEL, [...upTo(30), ...upTo(28, "w")]],
])("%s", (page, points) => {
  const rows = rowsOf(page);

  test("has a row for every point, in order", () => {
    expect(rows.map(({ point }) => point)).toEqual(points);
  });

  test("names tests that exist, with their titles", () => {
    const wrong = rows.flatMap(({ point, shown }) =>
      shown.filter((named) => named !== LATER && !isThere(named)).map((named) => `${point}: ${named}`),
    );
    expect(wrong).toEqual([]);
  });
});

test("each weakness has a test whose title has its number, unless it is of what comes later", () => {
  const weaknesses = rowsOf(PAL_XFEL).filter(({ point }) => point.startsWith("w"));
  const without = weaknesses.filter(({ point, shown }) => {
    const own = new RegExp(`› weakness ${point.slice(1)}(?!\\d)`);
    return !shown.includes(LATER) && !shown.some((named) => own.test(named));
  });
  expect(without).toEqual([]);
});
