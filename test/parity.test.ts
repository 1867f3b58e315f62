/** docs/parity.md answers every point, and each test that it names exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./support/peers/real-peers.ts";

const rows = readFileSync(join(ROOT, "docs/parity.md"), "utf8")
  .split("\n")
  .map((line) => /^\| (\d+) \| .* \| .* \| (.+) \|$/.exec(line))
  .filter((found) => found !== null);

test("every point of the two programs and of the rules has its row, in order", () => {
  expect(rows.map(([, point]) => Number(point))).toEqual(Array.from({ length: 69 }, (_, i) => i + 1));
});

test("each row names tests that exist, with their titles", () => {
  const wrong = rows.flatMap(([, point, cell = ""]) =>
    cell.split("<br>").flatMap((named) => {
      const [, file = "", title = ""] = /^`([^`]+)`(?: › (.+))?$/.exec(named) ?? [];
      const path = join(ROOT, file);
      const text = file.startsWith("test/") && existsSync(path) ? readFileSync(path, "utf8") : undefined;
      return text?.includes(title) === true ? [] : [`${point}: ${named}`];
    }),
  );
  expect(wrong).toEqual([]);
});
