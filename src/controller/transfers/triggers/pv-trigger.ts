/**
 * Any PV as a trigger: a scan has ended when the PV fulfils its condition, and another PV names the scan. The first
 * value after a connection is state, not an event.
 */
import { combineLatest, distinctUntilChanged, map, mergeMap, type Observable, of, scan, switchMap } from "rxjs";
import { cleanJson, isUnclean } from "../../../base/clean-text.ts";
import type { BeamlinePvs, BeamlineText } from "../../ports/beamline-pvs.ts";
import type { TriggerNews, TriggerRow } from "./trigger.ts";

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

export const pvTrigger =
  (options: PvTriggerOptions): TriggerRow["news$"] =>
  (isOn$) =>
    isOn$.pipe(
      distinctUntilChanged(),
      switchMap((isOn) => (isOn ? events$(options) : of(OFF))),
    );

const OFF: TriggerNews = { kind: "state", state: "Off", message: "The trigger is off: no scan is seen." };

/** What is known of both PVs. */
interface Known {
  /** Undefined: it is not connected, or has had no value since. */
  readonly value: string | undefined;
  readonly news: readonly TriggerNews[];
}

function events$(options: PvTriggerOptions): Observable<TriggerNews> {
  const { beamline, pv, pathPv } = options;
  const start: Known = { value: undefined, news: [] };
  // Of one PV that is both, a second subscription would still have the path of the scan before
  const both$: Observable<readonly [BeamlineText, BeamlineText]> =
    pv === pathPv
      ? beamline.text$(pv).pipe(map((text) => [text, text]))
      : combineLatest([beamline.text$(pv), beamline.text$(pathPv)]);
  return both$.pipe(
    scan((known, [value, path]) => stepped(options, known, value, path), start),
    mergeMap(({ news }) => news),
    distinctUntilChanged(
      (one, other) => one.kind === "state" && other.kind === "state" && one.message === other.message,
    ),
  );
}

function stepped(
  { pv, pathPv, condition }: PvTriggerOptions,
  known: Known,
  value: BeamlineText,
  path: BeamlineText,
): Known {
  const state = (now: "Disconnected" | "Watching", message: string): TriggerNews => ({
    kind: "state",
    state: now,
    message,
  });
  if (value.text === undefined || !value.connected || !path.connected) {
    const lacking = path.connected ? pv : pathPv;
    return { value: undefined, news: [state("Disconnected", `${lacking} is not connected: no scan is seen.`)] };
  }
  const watching = state("Watching", `${pv} is ${cleanJson(value.text)}; waits until it ${conditionText(condition)}.`);
  const isEvent = known.value !== undefined && isFulfilled(condition, known.value, value.text);
  return { value: value.text, news: [watching, ...(isEvent ? [scanNews(pathPv, path.text)] : [])] };
}

function isFulfilled(condition: PvCondition, before: string, now: string): boolean {
  if (condition.kind === "rises") return Number(now) > Number(before);
  if (now === before) return false;
  return condition.kind === "changes" || isValue(now, condition.value);
}

/** As a text, or as the same number. */
const isValue = (text: string, wanted: string): boolean =>
  text === wanted || (wanted !== "" && text.trim() !== "" && Number(text) === Number(wanted));

function scanNews(pathPv: string, path: string | undefined): TriggerNews {
  const text = path?.trim() ?? "";
  if (text.startsWith("/") && !isUnclean(text) && !text.split("/").includes(".."))
    return { kind: "scan", scan: { file: text } };
  return {
    kind: "said",
    sentence: `${pathPv} is ${cleanJson(text)} when a scan has ended: it must be an absolute path without "..".`,
    severity: "MINOR",
  };
}

const conditionText = (condition: PvCondition): string =>
  condition.kind === "becomes" ? `becomes ${cleanJson(condition.value)}` : condition.kind;
