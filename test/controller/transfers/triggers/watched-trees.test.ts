import { BehaviorSubject, type Subscription } from "rxjs";
import { afterEach, expect, test } from "vitest";
import type { ScanTrees, SeenScan, Sweep, TreeNews, TreeToWatch } from "../../../../src/controller/ports/scan-tree.ts";
import { ANSWERS } from "../../../../src/controller/pvs/row.ts";
import type { WatchContext } from "../../../../src/controller/run/watch.ts";
import { readTrigger } from "../../../../src/controller/transfers/triggers/tree-trigger.ts";
import type { TriggerNews } from "../../../../src/controller/transfers/triggers/trigger.ts";
import { WatchedTrees } from "../../../../src/controller/transfers/triggers/watched-trees.ts";

const [UNKNOWN, NO, YES] = ANSWERS.keys();

interface Watched {
  readonly tree: TreeToWatch;
  readonly tell: (news: TreeNews) => void;
  readonly fail: (thrown: Error) => void;
  readonly signal: AbortSignal;
}
const SCAN: SeenScan = {
  path: "/mnt/detector/ue_1/s_1",
  fields: { exp: "ue_1" },
  files: 2,
  bytes: 20,
  content: "2-20",
  counts: [2],
  marks: [],
  restedSeconds: 10,
};
const SWEEP: Sweep = { seconds: 1, folders: 3, files: 2, scans: 1, problems: 0, examples: [], notified: 0 };
const tick = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 5));

let watched: Watched[] = [];
let puts: Record<string, unknown> = {};
let subscriptions: Subscription[] = [];
let now = 0;
afterEach(() => {
  for (const one of subscriptions) one.unsubscribe();
  [watched, puts, subscriptions, now] = [[], {}, [], 0];
});

function trees(): WatchedTrees {
  const scanTrees: ScanTrees = {
    watch: (tree, tell, signal) =>
      new Promise((_, reject) => {
        watched.push({ tree, tell, fail: reject, signal });
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  };
  return new WatchedTrees({
    trees: scanTrees,
    clock: { monotonic: () => now },
    nameOf: (path) => path.replace("/mnt/detector", "/data"),
  });
}

/** A trigger, what it has told, and its switch. */
function trigger(
  all: WatchedTrees,
  name: string,
  complete: string,
  root = "/mnt/detector",
  scans = "{exp}/{scan}",
  canary?: string,
) {
  const isOn$ = new BehaviorSubject(false);
  const news: TriggerNews[] = [];
  const row = all.add({
    ...readTrigger({ name, root, scans, exclude: [], complete }),
    sweepSeconds: 5,
    ...(canary !== undefined && { canary }),
  });
  const start = () => subscriptions.push(row(isOn$, {} as WatchContext).subscribe((one) => news.push(one)));
  return { isOn$, news, start, scans: () => news.filter(({ kind }) => kind === "scan") };
}
const lastState = (news: readonly TriggerNews[]): TriggerNews | undefined =>
  news.findLast(({ kind }) => kind === "state");

function show(all: WatchedTrees): void {
  const pvs = { put: (name: string, value: unknown) => (puts[name] = value) };
  subscriptions.push(all.shown({ pvs } as unknown as WatchContext).subscribe());
}

test("a tree is watched once for all its triggers that are on, and not at all while none is", async () => {
  const all = trees();
  const [one, other] = [trigger(all, "a", "files 2 of *"), trigger(all, "b", "quiet 5")];
  one.start();
  other.start();
  await tick();
  expect(watched).toEqual([]);
  expect(lastState(one.news)).toMatchObject({ state: "Off" });
  one.isOn$.next(true);
  other.isOn$.next(true);
  await tick();
  expect(watched).toHaveLength(1);
  expect(watched[0]!.tree).toMatchObject({ root: "/mnt/detector", periodSeconds: 5 });
  one.isOn$.next(false);
  other.isOn$.next(false);
  await tick();
  expect(watched[0]!.signal.aborted).toBe(true);
  expect(watched).toHaveLength(1);
});

test("the canaries of all triggers of a tree are watched", async () => {
  const all = trees();
  const canaries = ["/mnt/detector/one", undefined, "/mnt/detector/two"];
  const triggers = canaries.map((canary, index) => trigger(all, `${index}`, "next", undefined, undefined, canary));
  for (const { start, isOn$ } of triggers) {
    start();
    isOn$.next(true);
  }
  await tick();
  expect(watched[0]!.tree.canaries).toEqual(["/mnt/detector/one", "/mnt/detector/two"]);
});

test("a scan goes out by the name of the source host, as one that may be old, from its own trigger", async () => {
  const all = trees();
  const [one, other] = [trigger(all, "a", "files 2 of *"), trigger(all, "b", "marker .done")];
  for (const { start, isOn$ } of [one, other]) {
    start();
    isOn$.next(true);
  }
  await tick();
  watched[0]!.tell({ kind: "scan", layout: 0, scan: SCAN });
  expect(one.scans()).toEqual([{ kind: "scan", scan: { file: "/data/ue_1/s_1", content: "2-20", mayBeOld: true } }]);
  expect(other.scans()).toEqual([]);
});

test("a trigger that comes on late is told of a scan that another has told long ago", async () => {
  const all = trees();
  const [one, other] = [trigger(all, "a", "files 2 of *"), trigger(all, "b", "quiet 5")];
  one.start();
  other.start();
  one.isOn$.next(true);
  await tick();
  watched[0]!.tell({ kind: "scan", layout: 0, scan: SCAN });
  other.isOn$.next(true);
  await tick();
  expect(watched.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  watched[1]!.tell({ kind: "scan", layout: 0, scan: SCAN });
  expect(other.scans()).toHaveLength(1);
});

test("another tree is watched by itself: a switch of one does not begin the other anew", async () => {
  const all = trees();
  const [one, other] = [trigger(all, "a", "next", "/mnt/detector/x"), trigger(all, "b", "next", "/mnt/detector/y")];
  one.start();
  other.start();
  one.isOn$.next(true);
  await tick();
  other.isOn$.next(true);
  await tick();
  expect(watched.map(({ tree, signal }) => [tree.root, signal.aborted])).toEqual([
    ["/mnt/detector/x", false],
    ["/mnt/detector/y", false],
  ]);
});

test("what is wrong is the trigger's state and the watch's, until a sweep ends again", async () => {
  const all = trees();
  const one = trigger(all, "a", "next");
  show(all);
  await tick();
  expect(puts).toMatchObject({ WatchAge: -1, WatchAlive: UNKNOWN });
  expect(puts["WatchMessage"]).toContain("no trigger that watches one is On");
  one.start();
  one.isOn$.next(true);
  await tick();
  const { tell } = watched[0]!;
  tell({ kind: "silent", sentence: "The disk does not answer." });
  expect(lastState(one.news)).toMatchObject({ state: "Trouble", message: "The disk does not answer." });
  tell({ kind: "answers", sentence: "The disk answers again." });
  tell({ kind: "sweep", sweep: SWEEP });
  expect(lastState(one.news)).toMatchObject({
    state: "Watching",
    message: "1 scan in 3 folders below /mnt/detector.",
  });
  tell({ kind: "sweep", sweep: { ...SWEEP, problems: 1, examples: ["x cannot be read."] } });
  tell({ kind: "sweep", sweep: { ...SWEEP, problems: 1, examples: ["x cannot be read."] } });
  expect(lastState(one.news)).toMatchObject({ state: "Trouble", message: "x cannot be read." });
  expect(one.news.filter((news) => news.kind === "said" && news.sentence === "x cannot be read.")).toHaveLength(1);
});

test("what is wrong with a tree is said once for all its triggers, and again when it was right meanwhile", async () => {
  const all = trees();
  const both = [trigger(all, "a", "next"), trigger(all, "b", "quiet 5")];
  for (const { start, isOn$ } of both) {
    start();
    isOn$.next(true);
  }
  await tick();
  const { tell } = watched[0]!;
  const said = (sentence: string): number =>
    both.flatMap(({ news }) => news).filter((news) => news.kind === "said" && news.sentence === sentence).length;
  tell({ kind: "silent", sentence: "The disk does not answer." });
  expect(said("The disk does not answer.")).toBe(1);
  const ill: Sweep = { ...SWEEP, problems: 1, examples: ["x is not there."] };
  for (const [sweep, times] of [
    [ill, 1],
    [ill, 1],
    [SWEEP, 1],
    [ill, 2],
  ] as const) {
    tell({ kind: "sweep", sweep });
    expect(said("x is not there.")).toBe(times);
    for (const { news } of both)
      expect(lastState(news)).toMatchObject({ state: sweep === ill ? "Trouble" : "Watching" });
  }
});

test("a directory that cannot be watched is said, and its trigger stands in trouble", async () => {
  const all = trees();
  const one = trigger(all, "a", "next");
  one.start();
  one.isOn$.next(true);
  await tick();
  watched[0]!.fail(new Error("it is no directory"));
  await tick();
  expect(lastState(one.news)).toMatchObject({ state: "Trouble", message: "It is no directory." });
});

test.each([
  ["a sweep has just ended", [SWEEP], 7, { WatchAge: 7, WatchFiles: 2, WatchAlive: YES }],
  ["none has ended for three periods", [SWEEP], 16, { WatchAlive: NO }],
  ["the first does not end", [], 61, { WatchAge: -1, WatchAlive: NO }],
  ["the first goes on", [], 5, { WatchAge: -1, WatchFiles: -1, WatchAlive: UNKNOWN }],
  [
    "it cannot see all",
    [{ ...SWEEP, examples: ["x cannot be read."] }],
    1,
    { WatchAlive: NO, WatchMessage: "x cannot be read." },
  ],
  ["it does not see a new file", [{ ...SWEEP, canarySeen: false }], 1, { WatchAlive: NO }],
] as const)("the Watch PVs when %s", async (_what, sweeps, seconds, expected) => {
  const all = trees();
  const one = trigger(all, "a", "next");
  one.start();
  one.isOn$.next(true);
  await tick();
  for (const sweep of sweeps) watched[0]!.tell({ kind: "sweep", sweep });
  now = seconds;
  show(all);
  await tick();
  expect(puts).toMatchObject(expected);
});
