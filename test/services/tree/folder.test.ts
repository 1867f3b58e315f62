import type { Stats } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder, Tally } from "../../../src/services/tree/folder.ts";

const stats = (mtimeMs: number, size = 1): Stats => ({ mtimeMs, size }) as Stats;

describe("a folder is read again", () => {
  const folder = (): Folder => new Folder("a", undefined, "/a", undefined);

  test("at first, and when its time has changed, also backwards", () => {
    const one = folder();
    expect(one.note(stats(1000), 50)).toBe(true);
    one.read(60);
    expect(one.note(stats(1000), 61)).toBe(false);
    expect(one.note(stats(900), 62)).toBe(true);
  });

  test("until its time has stood still for longer than a clock of a file system is coarse", () => {
    const one = folder();
    one.note(stats(1000), 50);
    for (const at of [50, 51, 52]) {
      one.read(at);
      expect(one.note(stats(1000), at)).toBe(true);
    }
    one.read(52.6);
    expect(one.note(stats(1000), 53)).toBe(false);
  });

  test("whatever the clock of the file server says", () => {
    const one = folder();
    for (const [time, at] of [
      [9e12, 10],
      [0, 20],
    ] as const) {
      expect(one.note(stats(time), at)).toBe(true);
      one.read(at + 1);
      expect(one.note(stats(time), at + 1)).toBe(true);
      one.read(at + 3);
      expect(one.note(stats(time), at + 4)).toBe(false);
    }
  });
});

describe("the content of a scan", () => {
  const contentOf = (...files: readonly (readonly [seed: number, name: string, size: number, time: number])[]) => {
    const tally = new Tally(0);
    for (const [seed, name, size, time] of files) tally.add(seed, name, stats(time, size));
    return tally.content;
  };
  const [A, B] = [[1, "a.h5", 10, 1000.25] as const, [1, "b.h5", 20, 2000.5] as const];

  test("is the same in whatever order its files are read", () => {
    expect(contentOf(A, B)).toBe(contentOf(B, A));
  });

  test.each([
    ["a name", [1, "c.h5", 10, 1000.25]],
    ["a folder", [2, "a.h5", 10, 1000.25]],
    ["a size", [1, "a.h5", 11, 1000.25]],
    ["a size by 4 GiB", [1, "a.h5", 10 + 2 ** 32, 1000.25]],
    ["a time", [1, "a.h5", 10, 1000.5]],
  ] as const)("changes with %s", (_, other) => {
    expect(contentOf(other, B)).not.toBe(contentOf(A, B));
  });

  test("changes where two files swap their sizes, though number, bytes and newest time stay", () => {
    const swapped = contentOf([1, "a.h5", 20, 1000.25], [1, "b.h5", 10, 2000.5]);
    expect(swapped).not.toBe(contentOf(A, B));
  });
});
