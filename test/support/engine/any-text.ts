/**
 * Any text for property tests. Making fast-check's own unit "binary" takes 1.5 s of a processor, which on a busy
 * machine is a test's whole time.
 */
import * as fc from "fast-check";

const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }),
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
);

/** Any characters that Unicode has room for, often ASCII, also control characters. */
export const anyText: fc.Arbitrary<string> = fc.string({ unit: codePoint.map((code) => String.fromCodePoint(code)) });
