import { expect, test } from "vitest";
import { oneLine, onePerLine } from "../../src/base/log.ts";

test.each(["\n", "\r\n", "\x1b", "\x7f", "\x85", "\u2028"])("%j is a blank in one line", (control) => {
  expect(oneLine(`a${control}b`)).toBe("a b");
});

test("an entry that holds a line end is still one line", () => {
  expect(onePerLine(["Levy\nWu, badge 102", "Curie"])).toBe("Levy Wu, badge 102\nCurie");
});
