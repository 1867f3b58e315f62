import { expect, test } from "vitest";
import { cEscaped } from "../../src/base/c-text.ts";

test.each([
  ["plain ~ text", "plain ~ text"],
  ["a\tb\n", "a\\tb\\n"],
  [`"it's"\\`, `\\"it\\'s\\"\\\\`],
  ["\0\x01\x7f\xe9", "\\0\\x01\\x7f\\xe9"],
  ["\x07\b\f\r\v", "\\a\\b\\f\\r\\v"],
])("%j is written as C would", (text, written) => expect(cEscaped(text)).toBe(written));
