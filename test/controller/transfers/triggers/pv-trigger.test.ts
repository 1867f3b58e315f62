import { BehaviorSubject, type Observable, VirtualTimeScheduler } from "rxjs";
import { describe, expect, test } from "vitest";
import type { BeamlinePvs, BeamlineText } from "../../../../src/controller/ports/beamline-pvs.ts";
import type { WatchContext } from "../../../../src/controller/run/watch.ts";
import { parseCondition, pvTrigger } from "../../../../src/controller/transfers/triggers/pv-trigger.ts";
import type { TriggerNews } from "../../../../src/controller/transfers/triggers/trigger.ts";

const PATH = "/data/2026-03/scan_7.h5";
const NOBODY: BeamlineText = { connected: false, text: undefined };

/** [seconds, PV, its value]; undefined: it goes away. */
type Event = readonly [number, "Done" | "File", string | undefined];

/** What the trigger tells of these events, and what was so before: Done is not connected, and File is the path. */
function heard(condition: string, events: readonly Event[], path: string | undefined = PATH, pathPv = "b:File") {
  const parsed = parseCondition(condition);
  if (parsed === undefined) throw new Error(`${condition} is no condition`);
  const textOf = (text: string | undefined): BeamlineText => (text === undefined ? NOBODY : { connected: true, text });
  const pvs: Record<string, BehaviorSubject<BeamlineText>> = {
    "b:Done": new BehaviorSubject(NOBODY),
    "b:File": new BehaviorSubject(textOf(path)),
  };
  const beamline = { text$: (name: string): Observable<BeamlineText> => pvs[name]! } as unknown as BeamlinePvs;
  const isOn$ = new BehaviorSubject(true);
  const scheduler = new VirtualTimeScheduler();
  const news: TriggerNews[] = [];
  const trigger = pvTrigger({ beamline, pv: "b:Done", condition: parsed, pathPv });
  trigger(isOn$, { scheduler } as unknown as WatchContext).subscribe((one) => news.push(one));
  for (const [seconds, pv, text] of events)
    scheduler.schedule(() => pvs[`b:${pv}`]!.next(textOf(text)), seconds * 1000);
  return { news, scheduler, off: () => isOn$.next(false) };
}

/** What the trigger tells when its PV has these values, a minute apart, and is switched off then. */
function told(condition: string, values: readonly (string | undefined)[], path: string = PATH): readonly TriggerNews[] {
  const events = values.map((value, index): Event => [60 * (index + 1), "Done", value]);
  const { news, scheduler, off } = heard(condition, [...events, [60 * (values.length + 2), "Done", "another"]], path);
  scheduler.schedule(off, 60_000 * (values.length + 1));
  scheduler.flush();
  return news;
}
/** Files of the scans that are told, by what happens to the PVs. */
function filesOf(condition: string, events: readonly Event[], path?: string, pathPv?: string): readonly string[] {
  const { news, scheduler } = heard(condition, events, path, pathPv);
  scheduler.flush();
  return news.flatMap((one) =>
    one.kind === "scan" ? [`${one.scan.file}${one.scan.mayBeOld ? ", may be old" : ""}`] : [],
  );
}
const saidOf = (news: readonly TriggerNews[]): readonly string[] =>
  news.flatMap((one) => (one.kind === "said" ? [`${one.severity} ${one.sentence}`] : []));
const scans = (news: readonly TriggerNews[]): number => news.filter(({ kind }) => kind === "scan").length;

describe("a scan has ended", () => {
  test.each([
    ["= 1", ["0", "1"], 1],
    ["= 1", ["1"], 0],
    ["= 1", ["0", "1", "1", "0", "1"], 2],
    ["= 1", ["0", "1.0"], 1],
    ["= Done", ["Acquire", "Done"], 1],
    ["rises", ["3", "4", "4", "2", "3"], 2],
    ["changes", ["a", "a", "b", "a"], 2],
    ["changes", ["a", undefined, "a"], 0],
  ] as const)("when the PV %s: %j", (condition, values, count) => {
    expect(scans(told(condition, values))).toBe(count);
  });
});

test("a scan is what the path's PV says, and nothing is heard while the trigger is off", () => {
  const news = told("rises", ["1", "2"]);
  expect(news).toContainEqual({ kind: "scan", scan: { file: PATH } });
  expect(news.at(0)).toEqual({
    kind: "state",
    state: "Disconnected",
    message: "b:Done is not connected: no scan is seen.",
  });
  expect(news.at(-1)).toEqual({ kind: "state", state: "Off", message: "The trigger is off: no scan is seen." });
});

test("one PV may be both: its change names the scan that has ended, not the one before", () => {
  const events: readonly Event[] = [
    [1, "Done", "/data/scan_1.h5"],
    [2, "Done", "/data/scan_2.h5"],
  ];
  expect(filesOf("changes", events, PATH, "b:Done")).toEqual(["/data/scan_2.h5"]);
});

describe("the path of a scan that has ended", () => {
  const begun: readonly Event[] = [[0, "Done", "0"]];
  test.each<[string, readonly Event[], readonly string[]]>([
    [
      "was there before the end",
      [
        [1, "File", "/d/2"],
        [60, "Done", "1"],
      ],
      ["/d/2"],
    ],
    [
      "comes with the end",
      [
        [60, "Done", "1"],
        [60, "File", "/d/2"],
      ],
      ["/d/2"],
    ],
    [
      "comes a while behind it",
      [
        [60, "Done", "1"],
        [64, "File", "/d/2"],
      ],
      ["/d/2"],
    ],
    [
      "comes twice",
      [
        [60, "Done", "1"],
        [60.1, "File", "/d/"],
        [60.2, "File", "/d/2"],
      ],
      ["/d/2"],
    ],
    [
      "always comes behind it",
      [
        [60, "Done", "1"],
        [64, "File", "/d/2"],
        [99, "Done", "2"],
        [103, "File", "/d/3"],
      ],
      ["/d/2", "/d/3"],
    ],
    [
      "is followed by the next end at once",
      [
        [60, "Done", "1"],
        [60.2, "File", "/d/2"],
        [60.4, "Done", "2"],
        [60.6, "File", "/d/3"],
      ],
      ["/d/2", "/d/3"],
    ],
    [
      "is posted anew, the same",
      [
        [60, "Done", "1"],
        [61, "File", PATH],
      ],
      [PATH],
    ],
    [
      "comes when its server is there again",
      [
        [1, "File", undefined],
        [60, "Done", "1"],
        [65, "File", "/d/2"],
      ],
      ["/d/2"],
    ],
    ["does not come", [[60, "Done", "1"]], [PATH]],
  ])("%s", (_, events, files) => {
    expect(filesOf("rises", [...begun, ...events])).toEqual(files);
  });

  test("that stays that of the scan before is taken once more, and said", () => {
    const { news, scheduler } = heard("rises", [
      [0, "Done", "0"],
      [60, "Done", "1"],
      [120, "Done", "2"],
    ]);
    scheduler.flush();
    expect(saidOf(news)).toEqual([
      `MINOR b:Done says that a scan has ended, but b:File has named no other than "${PATH}" since the one before: if it is another, put it in with globus-ioc trigger.`,
    ]);
  });

  test("is nowhere: that is an alarm", () => {
    const { news, scheduler } = heard("rises", [
      [0, "Done", "0"],
      [9, "File", undefined],
      [60, "Done", "1"],
    ]);
    scheduler.flush();
    expect(saidOf(news)).toEqual([
      "MAJOR b:Done says that a scan has ended, but b:File, which names it, is not connected: put that scan in with globus-ioc trigger.",
    ]);
  });

  test("is not waited for when the trigger goes off: what has ended is told", () => {
    const { news, scheduler, off } = heard("rises", [
      [0, "Done", "0"],
      [60, "Done", "1"],
    ]);
    scheduler.schedule(off, 61_000);
    scheduler.flush();
    expect(news.slice(-2)).toMatchObject([{ kind: "scan", scan: { file: PATH } }, { state: "Off" }]);
  });
});

describe("a scan that has ended while a PV was away", () => {
  test.each<[string, readonly Event[], readonly string[]]>([
    [
      "= 1",
      [
        [0, "Done", "0"],
        [9, "Done", undefined],
        [60, "Done", "1"],
      ],
      [`${PATH}, may be old`],
    ],
    [
      "rises",
      [
        [0, "Done", "5"],
        [9, "Done", undefined],
        [60, "Done", "8"],
      ],
      [`${PATH}, may be old`],
    ],
    [
      "= 1",
      [
        [0, "Done", "1"],
        [9, "Done", undefined],
        [9, "File", undefined],
        [60, "Done", "1"],
        [61, "File", "/d/2"],
      ],
      ["/d/2, may be old"],
    ],
    [
      "= 1",
      [
        [0, "Done", "0"],
        [9, "File", undefined],
        [60, "File", "/d/2"],
        [99, "Done", "1"],
      ],
      ["/d/2"],
    ],
    [
      "= 1",
      [
        [0, "Done", "0"],
        [9, "Done", undefined],
        [60, "Done", "0"],
      ],
      [],
    ],
    [
      "rises",
      [
        [0, "Done", "5"],
        [9, "Done", undefined],
        [60, "Done", "5"],
      ],
      [],
    ],
  ])("is told where both show it: %s %j", (condition, events, files) => {
    expect(filesOf(condition, events)).toEqual(files);
  });

  test("and others may be missed, which is said", () => {
    const { news, scheduler } = heard("rises", [
      [0, "Done", "5"],
      [9, "Done", undefined],
      [60, "Done", "8"],
    ]);
    scheduler.flush();
    expect(saidOf(news)).toEqual([
      "MINOR A scan has ended while b:Done or b:File was not connected: the one that b:File names now is taken. If there were more, put them in with globus-ioc trigger.",
    ]);
  });
});

test.each(["", "relative/path", "/data/../etc/passwd", "/data/a\nb"])(
  "a path %j is no scan, and that is said",
  (path) => {
    const news = told("rises", ["1", "2"], path);
    expect(scans(news)).toBe(0);
    expect(news.find(({ kind }) => kind === "said")).toMatchObject({ severity: "MINOR" });
  },
);

test.each(["", "=", "falls"])("%j is no condition", (text) => {
  expect(parseCondition(text.trim())).toBeUndefined();
});
