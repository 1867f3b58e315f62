import { expect, test } from "vitest";
import type { Sweep, TreeNews } from "../../../../src/controller/ports/scan-tree.ts";
import { WatchStanding } from "../../../../src/controller/transfers/triggers/watch-standing.ts";

const SWEEP: Sweep = { seconds: 40, folders: 3, files: 2, scans: 1, problems: 0, examples: [], notified: 0 };
const SWEPT: TreeNews = { kind: "sweep", sweep: SWEEP };
const SILENT: TreeNews = { kind: "silent", sentence: "It does not answer." };
const GONE: TreeNews = { kind: "gone", layout: 0, path: "/data/a" };
const standing = (period = 30): WatchStanding => new WatchStanding("/data", period, 1000);

test("a sweep is overdue by three periods, and by what the last one took, but never within a minute", () => {
  const first = standing();
  expect([1090, 1091].map((now) => first.overdue(now))).toEqual([
    undefined,
    "No sweep of /data has ended for 91 s: look at the disk.",
  ]);
  first.hear(SWEPT, 1095);
  expect([first.age(1100), first.overdue(1225)]).toEqual([5, undefined]);
  expect(first.overdue(1226)).toBe("No sweep of /data has ended for 131 s: look at the disk.");
  first.hear(SWEPT, 1230);
  expect(first.overdue(1230)).toBeUndefined();
  expect([1060, 1061].map((now) => standing(1).overdue(now) !== undefined)).toEqual([false, true]);
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
