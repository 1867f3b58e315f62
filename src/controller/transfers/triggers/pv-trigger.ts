/**
 * Any PV as a trigger: a scan has ended when the PV fulfils its condition, and another PV names the scan, be it before
 * the end or a little behind it. The first value after a connection is state, not an event: where it shows that a scan
 * has ended meanwhile, that scan is told as one that may be old.
 */
import {
  concatMap,
  defer,
  distinctUntilChanged,
  from,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  Subject,
  switchMap,
  timer,
} from "rxjs";
import { cleanJson, isUnclean } from "../../../base/clean-text.ts";
import type { BeamlinePvs, BeamlineText } from "../../ports/beamline-pvs.ts";
import type { Severity } from "../../pvs/run.ts";
import { OFF, type TriggerNews, type TriggerRow } from "./trigger.ts";

export interface PvTriggerOptions {
  readonly beamline: BeamlinePvs;
  /** Full name. */
  readonly pv: string;
  readonly condition: PvCondition;
  /** Full name of the PV that holds the scan's path. */
  readonly pathPv: string;
}

/** becomes: a value that it did not have before. rises: a number grows. changes: to another value. */
export type PvCondition =
  | { readonly kind: "becomes"; readonly value: string }
  | { readonly kind: "rises" }
  | { readonly kind: "changes" };

/** @returns undefined for a text that is no condition */
export function parseCondition(text: string): PvCondition | undefined {
  if (text === "rises" || text === "changes") return { kind: text };
  const value = /^=\s*(.+)$/.exec(text)?.[1]?.trim();
  return value === undefined ? undefined : { kind: "becomes", value };
}

/** What is heard: a switch of the trigger, a text of one of the PVs, or that time has passed. */
type Heard =
  | { readonly kind: "on" | "off" | "passed" }
  | { readonly kind: "value" | "path" | "both"; readonly text: BeamlineText };

export const pvTrigger =
  (options: PvTriggerOptions): TriggerRow["news$"] =>
  (isOn$, { scheduler }) =>
    defer(() => {
      const scans = new PvScans(options);
      const passed$ = (waits$: Observable<boolean>, seconds: number): Observable<Heard> =>
        waits$.pipe(
          switchMap((isWaited) => (isWaited ? timer(seconds * 1000, scheduler) : NEVER)),
          map(() => ({ kind: "passed" })),
        );
      return merge(
        passed$(scans.quiet$, QUIET_SECONDS),
        passed$(scans.last$, PATH_SECONDS),
        isOn$.pipe(
          distinctUntilChanged(),
          switchMap(
            (isOn): Observable<Heard> =>
              isOn ? merge(of({ kind: "on" } as const), texts$(options)) : of({ kind: "off" }),
          ),
        ),
      ).pipe(
        concatMap((heard) => from(scans.hear(heard))),
        distinctUntilChanged(
          (one, other) => one.kind === "state" && other.kind === "state" && one.message === other.message,
        ),
      );
    });

/** Of one PV that is both, a second subscription would still have the path of the scan before. */
function texts$({ beamline, pv, pathPv }: PvTriggerOptions): Observable<Heard> {
  const of$ = (kind: "value" | "path" | "both", name: string): Observable<Heard> =>
    beamline.text$(name).pipe(map((text) => ({ kind, text })));
  return pv === pathPv ? of$("both", pv) : merge(of$("path", pathPv), of$("value", pv));
}

/** A path that has just come is taken when no other has come behind it for so long. */
const QUIET_SECONDS = 1;
/** Behind the end of a scan its path is waited for, so long. */
const PATH_SECONDS = 10;

/** What is known of both PVs while the trigger is on. */
interface Known {
  /** Undefined: it is not connected, or has had no value since. */
  readonly value?: string | undefined;
  readonly path?: string | undefined;
  readonly isPathConnected?: boolean;
  /** What was known last of each while it was connected. */
  readonly lastValue?: string;
  readonly lastPath?: string;
  /** What both were when the first of them went away. */
  readonly left?: { readonly value: string; readonly path: string } | undefined;
  /** The path has come since the last scan was told. */
  readonly isNew?: boolean;
  readonly toldPath?: string;
  /** A scan that has ended, while its path is waited for. */
  readonly ended?: { readonly mayBeOld: boolean } | undefined;
}

/** The scans that end, by what is heard one after the other. */
class PvScans {
  /** Whether to wait for a path that comes behind the present one, and for any; each begins the wait anew. */
  readonly quiet$ = new Subject<boolean>();
  readonly last$ = new Subject<boolean>();
  readonly #options: PvTriggerOptions;
  #known: Known = {};
  #news: TriggerNews[] = [];

  constructor(options: PvTriggerOptions) {
    this.#options = options;
  }

  hear(heard: Heard): readonly TriggerNews[] {
    this.#news = [];
    if (heard.kind === "off" || heard.kind === "passed") this.#decide();
    if (heard.kind === "off") this.#news.push(OFF);
    if (heard.kind === "on" || heard.kind === "off") this.#known = {};
    if ("text" in heard) {
      if (heard.kind !== "value") this.#hearPath(heard.text);
      if (heard.kind !== "path") this.#hearValue(heard.text);
      this.#show();
    }
    return this.#news;
  }

  #hearValue({ connected, text }: BeamlineText): void {
    const { value: before, left } = this.#known;
    const value = connected ? text : undefined;
    this.#know({ value });
    if (value === undefined) return this.#leave();
    this.#know({ lastValue: value });
    if (before !== undefined && isFulfilled(this.#options.condition, before, value)) this.#open(false);
    if (before !== undefined && left !== undefined) this.#know({ left: { ...left, value } });
    this.#comeBack();
  }

  #hearPath({ connected, text }: BeamlineText): void {
    const { path: before, lastPath, isNew = false } = this.#known;
    const path = connected ? text : undefined;
    this.#know({ path, isPathConnected: connected });
    if (path === undefined) return this.#leave();
    // The first text after a connection is the one that was there before, unless it is another
    const isEvent = before !== undefined || (lastPath !== undefined && lastPath !== path);
    this.#know({ isNew: isNew || isEvent, lastPath: path });
    this.#waitQuiet();
    this.#comeBack();
  }

  #know(more: Known): void {
    this.#known = { ...this.#known, ...more };
  }

  #leave(): void {
    const { lastValue, lastPath, left } = this.#known;
    if (lastValue === undefined || lastPath === undefined) return;
    this.#know({ left: left ?? { value: lastValue, path: lastPath } });
  }

  /** Both are there again: what they were before says whether a scan has ended meanwhile. */
  #comeBack(): void {
    const { left, value, path, ended } = this.#known;
    if (left === undefined || value === undefined || path === undefined) return;
    this.#know({ left: undefined });
    const { condition, pv, pathPv } = this.#options;
    const stands = condition.kind === "becomes" && isValue(value, condition.value) && left.path !== path;
    if (ended !== undefined || !(stands || isFulfilled(condition, left.value, value))) return;
    const names = pv === pathPv ? pv : `${pv} or ${pathPv}`;
    this.#say(
      `A scan has ended while ${names} was not connected: the one that ${pathPv} names now is taken. If there were more, put them in with globus-ioc trigger.`,
    );
    this.#open(true);
  }

  /** A scan has ended. */
  #open(mayBeOld: boolean): void {
    const { pv, pathPv } = this.#options;
    this.#decide(); // about the one before
    this.#know({ ended: { mayBeOld } });
    this.last$.next(true);
    if (pv === pathPv) this.#decide();
    else this.#waitQuiet();
  }

  #waitQuiet(): void {
    const { ended, isNew = false } = this.#known;
    this.quiet$.next(ended !== undefined && isNew);
  }

  /** Tells the scan that has ended, with the path as it is known now. */
  #decide(): void {
    const { ended, path, isNew, toldPath } = this.#known;
    if (ended === undefined) return;
    this.quiet$.next(false);
    this.last$.next(false);
    this.#know({ ended: undefined, isNew: false });
    const { pv, pathPv } = this.#options;
    const file = path?.trim();
    if (file === undefined) {
      this.#say(
        `${pv} says that a scan has ended, but ${pathPv}, which names it, is not connected: put that scan in with globus-ioc trigger.`,
        "MAJOR",
      );
      return;
    }
    if (!isScanPath(file)) {
      this.#say(
        `${pathPv} is ${cleanJson(file)} when a scan has ended: it must be an absolute path without "..". Put that scan in with globus-ioc trigger.`,
      );
      return;
    }
    if (isNew !== true && file === toldPath)
      this.#say(
        `${pv} says that a scan has ended, but ${pathPv} has named no other than ${cleanJson(file)} since the one before: if it is another, put it in with globus-ioc trigger.`,
      );
    this.#news.push({ kind: "scan", scan: { file, ...(ended.mayBeOld && { mayBeOld: true as const }) } });
    this.#know({ toldPath: file });
  }

  #show(): void {
    const { pv, pathPv, condition } = this.#options;
    const { value, isPathConnected = false } = this.#known;
    if (value === undefined || !isPathConnected)
      this.#news.push({
        kind: "state",
        state: "Disconnected",
        message: `${isPathConnected ? pv : pathPv} is not connected: no scan is seen.`,
      });
    else
      this.#news.push({
        kind: "state",
        state: "Watching",
        message: `${pv} is ${cleanJson(value)}; waits until it ${conditionText(condition)}.`,
      });
  }

  #say(sentence: string, severity: Severity = "MINOR"): void {
    this.#news.push({ kind: "said", sentence, severity });
  }
}

function isFulfilled(condition: PvCondition, before: string, now: string): boolean {
  if (condition.kind === "rises") return Number(now) > Number(before);
  if (now === before) return false;
  return condition.kind === "changes" || isValue(now, condition.value);
}

/** As a text, or as the same number. */
const isValue = (text: string, wanted: string): boolean =>
  text === wanted || (wanted !== "" && text.trim() !== "" && Number(text) === Number(wanted));

const isScanPath = (text: string): boolean =>
  text.startsWith("/") && !isUnclean(text) && !text.split("/").includes("..");

const conditionText = (condition: PvCondition): string =>
  condition.kind === "becomes" ? `becomes ${cleanJson(condition.value)}` : condition.kind;
