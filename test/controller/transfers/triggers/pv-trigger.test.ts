import { BehaviorSubject, type Observable } from "rxjs";
import { describe, expect, test } from "vitest";
import type { BeamlinePvs, BeamlineText } from "../../../../src/controller/ports/beamline-pvs.ts";
import type { WatchContext } from "../../../../src/controller/run/watch.ts";
import { parseCondition, pvTrigger } from "../../../../src/controller/transfers/triggers/pv-trigger.ts";
import type { TriggerNews } from "../../../../src/controller/transfers/triggers/trigger.ts";

const PATH = "/data/2026-03/scan_7.h5";
const NOBODY: BeamlineText = { connected: false, text: undefined };

/** What the trigger tells when its PV has these values, one after the other; undefined: it goes away. */
function told(condition: string, values: readonly (string | undefined)[], path: string = PATH): readonly TriggerNews[] {
  const parsed = parseCondition(condition);
  if (parsed === undefined) throw new Error(`${condition} is no condition`);
  const pvs: Record<string, BehaviorSubject<BeamlineText>> = {
    "b:Done": new BehaviorSubject(NOBODY),
    "b:File": new BehaviorSubject<BeamlineText>({ connected: true, text: path }),
  };
  const beamline = { text$: (name: string): Observable<BeamlineText> => pvs[name]! } as unknown as BeamlinePvs;
  const isOn$ = new BehaviorSubject(true);
  const news: TriggerNews[] = [];
  const trigger = pvTrigger({ beamline, pv: "b:Done", condition: parsed, pathPv: "b:File" });
  const subscription = trigger(isOn$, {} as WatchContext).subscribe((one) => news.push(one));
  for (const text of values) pvs["b:Done"]!.next(text === undefined ? NOBODY : { connected: true, text });
  isOn$.next(false);
  pvs["b:Done"]!.next({ connected: true, text: "another" });
  subscription.unsubscribe();
  return news;
}
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
    ["changes", ["a", undefined, "b"], 0],
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
  const file$ = new BehaviorSubject<BeamlineText>({ connected: true, text: "/data/scan_1.h5" });
  const trigger = pvTrigger({
    beamline: { text$: () => file$.asObservable() } as unknown as BeamlinePvs,
    pv: "b:File",
    condition: { kind: "changes" },
    pathPv: "b:File",
  });
  const news: TriggerNews[] = [];
  const subscription = trigger(new BehaviorSubject(true), {} as WatchContext).subscribe((one) => news.push(one));
  file$.next({ connected: true, text: "/data/scan_2.h5" });
  subscription.unsubscribe();
  expect(news.filter(({ kind }) => kind === "scan")).toEqual([{ kind: "scan", scan: { file: "/data/scan_2.h5" } }]);
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
