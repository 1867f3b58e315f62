import { describe, expect, test } from "vitest";
import type { Sweep, TreeNews } from "../../../../src/controller/ports/scan-tree.ts";
import { WatchStanding } from "../../../../src/controller/transfers/triggers/watch-standing.ts";

const SWEEP: Sweep = { seconds: 40, folders: 3, files: 2, scans: 1, problems: 0, examples: [], notified: 0 };
const SWEPT: TreeNews = { kind: "sweep", sweep: SWEEP };
const SILENT: TreeNews = { kind: "silent", sentence: "It does not answer." };
const GONE: TreeNews = { kind: "gone", layout: 0, path: "/data/a" };
const standing = (period = 30): WatchStanding => new WatchStanding("/data", period, 1000);

describe("a sweep is overdue", () => {
  /** Seconds without the end of a sweep after which it is. @param took seconds of the last one, where there is one */
  const late = (period: number, took?: number): number => {
    const watch = standing(period);
    if (took !== undefined) watch.hear({ kind: "sweep", sweep: { ...SWEEP, seconds: took } }, 1000);
    return [...Array(1000).keys()].findIndex((seconds) => watch.overdue(1000 + seconds) !== undefined) - 1;
  };
  test.each([
    ["by three periods", 5, 1, 15],
    ["by three periods, though the last one took longer than one", 30, 40, 90],
    ["by twice what the last one took, where that is more", 5, 40, 80],
    ["never within ten seconds", 0.1, 0, 10],
    ["where none has ended yet, never within a minute", 5, undefined, 60],
    ["where none has ended yet, by three periods, where that is more", 30, undefined, 90],
  ])("%s", (_, period, took, seconds) => {
    expect(late(period, took)).toBe(seconds);
  });

  test("until one ends", () => {
    const watch = standing();
    expect(watch.overdue(1091)).toBe("No sweep of /data has ended for 91 s: look at the disk.");
    watch.hear(SWEPT, 1095);
    expect([watch.age(1100), watch.overdue(1100)]).toEqual([5, undefined]);
  });
});

test("a watch is lost when its tree has not been read for half an hour, also by the processes begun anew", () => {
  const watch = standing();
  watch.hear(SILENT, 1010);
  watch.hear({ kind: "ended", sentence: "It was ended." }, 1300);
  watch.hear({ kind: "begun", sentence: "It begins." }, 1301);
  expect([2810, 2811].map((now) => watch.lost(now))).toEqual([undefined, "Nothing of /data has been read for 1801 s"]);
  watch.hear({ kind: "answers", sentence: "It answers." }, 2900);
  expect(watch.lost(9999)).toBeUndefined();
});

test("a watch that reads is not lost, however long its sweep takes; nor one whose sweep is not due yet", () => {
  const slow = standing();
  slow.hear(SILENT, 1010);
  slow.hear(GONE, 1015);
  expect([slow.overdue(9000) !== undefined, slow.lost(9000)]).toEqual([true, undefined]);
  const seldom = standing(3600);
  seldom.hear(SILENT, 1010);
  expect([seldom.lost(1000 + 3 * 3600), seldom.lost(1001 + 3 * 3600) !== undefined]).toEqual([undefined, true]);
});
