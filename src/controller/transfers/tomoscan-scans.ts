/**
 * Follows TomoScan's PVs, and those of the file plugin that it names at the time, and tells which scans have ended with
 * which file. It reads no file and writes no PV: whether a file is whole on its disk is not decided here.
 */
import {
  concatMap,
  connect,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  from,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  type SchedulerLike,
  Subject,
  scan,
  startWith,
  switchMap,
  tap,
  timer,
} from "rxjs";
import type { Clock } from "../../base/clock.ts";
import type { BeamlinePvs, BeamlineText } from "../ports/beamline-pvs.ts";
import { type AnyTomoScanKey, FILE_PLUGIN_KEYS, FILE_PLUGIN_PVS, TOMOSCAN_SCAN_KEYS } from "../pvs/tomoscan.ts";
import { isPluginPrefix, type ScanPv } from "./tomoscan-signs.ts";
import { dueOf, NOTHING_HEARD, phaseNews, type TomoScanNews, type TomoScanState } from "./tomoscan-state.ts";
import { stepped } from "./tomoscan-step.ts";
import { OFF } from "./triggers/trigger.ts";

interface TomoScanScansOptions {
  readonly beamline: BeamlinePvs;
  /** Full name of a PV of TomoScan. */
  readonly nameOf: (key: AnyTomoScanKey) => string;
  readonly clock: Clock;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike | undefined;
  /** Whether the trigger is on. While it is off no PV is followed, and its state begins anew with the next on. */
  readonly isOn$: Observable<boolean>;
}

/** The state now and at each change, and the scans that end, in the order of their ends. Never ends by itself. */
export const tomoScanScans$ = (options: TomoScanScansOptions): Observable<TomoScanNews> =>
  options.isOn$.pipe(
    distinctUntilChanged(),
    switchMap((isOn) => (isOn ? scans$(options) : of(OFF_HERE))),
  );

const OFF_HERE: TomoScanNews = { kind: "state", state: "off", message: OFF.message };

interface PvEvent {
  readonly pv: ScanPv;
  readonly text: string | undefined;
}
/** Time has passed until then, monotonic seconds. */
interface Passed {
  readonly due: number;
}

const scans$ = (options: TomoScanScansOptions): Observable<TomoScanNews> =>
  defer(() => {
    const { clock, nameOf, scheduler } = options;
    const due$ = new Subject<number | undefined>();
    const passed$ = due$.pipe(
      distinctUntilChanged(),
      switchMap((due) =>
        due === undefined
          ? NEVER
          : timer(Math.max(0, due - clock.monotonic()) * 1000, scheduler).pipe(map((): Passed => ({ due }))),
      ),
    );
    return merge(passed$, heard$(options)).pipe(
      scan(
        ({ state }: { readonly state: TomoScanState }, heard: PvEvent | Passed) => {
          const seconds = "due" in heard ? Math.max(heard.due, clock.monotonic()) : clock.monotonic();
          return stepped(state, { ...heard, at: clock.now(), seconds }, nameOf);
        },
        { state: NOTHING_HEARD, news: [] as readonly TomoScanNews[] },
      ),
      tap(({ state }) => due$.next(dueOf(state))),
      concatMap(({ news }) => from(news)),
      startWith(phaseNews(NOTHING_HEARD, nameOf)),
    );
  });

/** Every event of TomoScan's PVs, and of its present file plugin's. */
function heard$({ beamline, nameOf }: TomoScanScansOptions): Observable<PvEvent> {
  const events$ = (pv: ScanPv, name: string): Observable<PvEvent> =>
    beamline
      .text$(name, { states: "numbers" })
      .pipe(map(({ connected, text }: BeamlineText) => ({ pv, text: connected ? text : undefined })));
  const plugin$ = (prefix: string): Observable<PvEvent> =>
    isPluginPrefix(prefix)
      ? merge(...FILE_PLUGIN_KEYS.map((key) => events$(key, `${prefix}${FILE_PLUGIN_PVS[key]}`)))
      : EMPTY;
  const others = TOMOSCAN_SCAN_KEYS.filter((key) => key !== "filePluginPrefix");
  return merge(
    ...others.map((key) => events$(key, nameOf(key))),
    events$("filePluginPrefix", nameOf("filePluginPrefix")).pipe(
      connect((prefix$) =>
        merge(
          prefix$,
          prefix$.pipe(
            map(({ text }) => text),
            filter((text) => text !== undefined), // TomoScan restarts: its plugin may go on
            distinctUntilChanged(),
            switchMap(plugin$),
          ),
        ),
      ),
    ),
  );
}
