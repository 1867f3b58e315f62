/**
 * What a look at Data Management, and now and then at the sources, makes of what is known of the DAQs: their states,
 * and what is remembered of them to the next look. A DAQ stalls when it has files to do and does none for a while, or
 * sees none although its source has some. Pure: when it was is handed in.
 */
import type { SourceReport } from "../ports/data-host.ts";
import { type DmTransfer, isUnderWay, isWatching } from "../ports/data-management.ts";
import type { DaqSide } from "../pvs/daq.ts";
import { type DaqSource, isOf, SIDES } from "./daq-sources.ts";
import {
  type DaqStart,
  type DaqsState,
  eachSide,
  experimentOf,
  foundIn,
  isAlive,
  type SideState,
  type Watched,
} from "./daq-state.ts";

export interface DaqPatience {
  /** Between two looks while a DAQ of the experiment runs. */
  readonly pollSeconds: number;
  /** Without a file done, while there are files to do, after which a DAQ counts as stalled. */
  readonly stallSeconds: number;
}

/** What one look has found. */
export interface DaqLook {
  /** Monotonic seconds. */
  readonly at: number;
  /** The DAQs of the station, ended ones too. */
  readonly all: readonly DmTransfer[];
  /** Of the sources that were due. */
  readonly reports: Readonly<Partial<Record<DaqSide, SourceReport>>>;
}

/**
 * While a DAQ runs, its source is checked once in so many polls: that costs the data host more than a look at the DAQs
 * costs Data Management.
 */
const SOURCE_POLLS = 6;
/** Seconds over which the rate is taken. */
const RATE_SECONDS = 60;

/** The sources to check with this look: is that of a DAQ that runs there still, with files that it does not see? */
export function sourcesDue(
  state: DaqsState,
  { at, all }: Pick<DaqLook, "at" | "all">,
  patience: DaqPatience,
): readonly DaqSource[] {
  return SIDES.flatMap((name) => {
    const { source, watched } = state.sides[name];
    const daq = daqsOf(state, source, all).find(isWatching);
    if (source === undefined || daq === undefined) return [];
    const now = watchedOn(watched, daq, at);
    const isDue = isQuiet(now, at, patience) || at - now.checkedAt >= SOURCE_POLLS * patience.pollSeconds;
    return isDue ? [source] : [];
  });
}

export function looked(state: DaqsState, look: DaqLook, patience: DaqPatience): DaqsState {
  const seen = { ...state, station: look.all, trouble: undefined, isOutOfReach: false };
  const experiment = experimentOf(state);
  if (experiment === undefined) return seen;
  const step = (name: DaqSide): SideState => {
    const side = state.sides[name];
    const found = { at: look.at, daqs: daqsOf(state, side.source, look.all), report: look.reports[name] };
    return sideLooked(side, found, patience, state.started);
  };
  return {
    ...seen,
    none: undefined,
    own: look.all.filter(isOf(experiment)),
    sides: eachSide(step),
  };
}

/** The DAQs of the followed experiment for a source. */
function daqsOf(state: DaqsState, source: DaqSource | undefined, all: readonly DmTransfer[]): readonly DmTransfer[] {
  const experiment = experimentOf(state);
  if (experiment === undefined || source === undefined) return [];
  return all.filter((one) => isOf(experiment)(one) && one.dataDirectory === source.directory);
}

/** What a look has found of one side. */
interface SideLook {
  readonly at: number;
  readonly daqs: readonly DmTransfer[];
  readonly report: SourceReport | undefined;
}

function sideLooked(
  side: SideState,
  { at, daqs, report }: SideLook,
  patience: DaqPatience,
  started: DaqsState["started"],
): SideState {
  const daq = chosen(side, daqs);
  const found = report === undefined ? side.found : foundIn(report);
  if (daq === undefined) return { ...side, found, ...gone(side) };
  if (!isUnderWay(daq)) return { ...side, found, ...ended(side, daq, daqs) };
  const now = watchedOn(side.watched, daq, at);
  const watched = report === undefined ? now : sourceSeen(now, report, { at, start: started.get(daq.id) }, patience);
  if (!isWatching(daq) && !isAlive(side))
    return { ...side, found, state: side.daq?.id === daq.id ? side.state : "Stopped", daq, watched };
  return { ...side, found, state: isStalled(watched, daq, at, patience) ? "Stalled" : "Running", daq, watched };
}

/** The one that watches, or else is under way, or that we know; or the last, where none is known to run. */
const chosen = (side: SideState, daqs: readonly DmTransfer[]): DmTransfer | undefined =>
  daqs.find(isWatching) ??
  daqs.find(isUnderWay) ??
  daqs.find(({ id }) => id === side.daq?.id) ??
  (isAlive(side) ? undefined : daqs.at(-1));

type SideChange = Pick<SideState, "state" | "daq" | "watched">;

/** Data Management has none. One that was known to run has ended, as far as it was last seen. */
function gone({ state, daq, ...side }: SideState): SideChange {
  if (state === "Unseen") return { state: "None", daq: undefined, watched: undefined };
  return { state: isAlive({ ...side, state }) ? "Ended" : state, daq, watched: undefined };
}

function ended(side: SideState, daq: DmTransfer, daqs: readonly DmTransfer[]): SideChange {
  const watched = undefined;
  if (side.daq?.id !== daq.id) {
    // Nobody saw it run: an end says nothing now, a failure does unless another one ended well.
    const isBad = daqs.every(({ status }) => status === "failed");
    return isBad ? { state: "Failed", daq, watched } : { state: "None", daq: undefined, watched };
  }
  if (!isAlive(side)) return { state: side.state, daq, watched };
  return { state: daq.status === "failed" ? "Failed" : "Ended", daq, watched };
}

/** What is remembered of a DAQ, by how it stands now. */
function watchedOn(before: Watched | undefined, daq: DmTransfer, at: number): Watched {
  const { id, filesDone, filesTotal, errors } = daq;
  // Where the service counts its errors among the done ones, too, at most the last few files are not waited for.
  const handled = filesDone + errors;
  const last = before?.id === id ? before : undefined;
  const isIdle = handled > (last?.handled ?? -1) || handled >= filesTotal;
  return {
    id,
    movedAt: last === undefined || isIdle ? at : last.movedAt,
    quietSince: last === undefined || filesTotal > last.seen ? at : last.quietSince,
    checkedAt: last?.checkedAt ?? at,
    missed: last?.missed ?? 0,
    firstBytes: last?.firstBytes,
    seen: filesTotal,
    handled,
    errors,
    samples: [...recent(last?.samples ?? [], at), { at, done: filesDone }],
  };
}

/** Where looks are further apart than the rate is taken over, the one before this is all there is. */
function recent(samples: Watched["samples"], at: number): Watched["samples"] {
  const kept = samples.filter((one) => at - one.at <= RATE_SECONDS);
  return kept.length > 0 ? kept : samples.slice(-1);
}

/** Files done a minute, over the last minute, or since it is watched. */
export function rateOf(watched: Watched | undefined): number {
  const [first, last] = [watched?.samples[0], watched?.samples.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return Math.max(0, ((last.done - first.done) * 60) / (last.at - first.at));
}

/** Whether it has seen no new file for so long that its source is worth a check. */
const isQuiet = ({ quietSince }: Watched, at: number, { stallSeconds }: DaqPatience): boolean =>
  at - quietSince >= stallSeconds;

/** A check of its source. How many files it misses is asked for only when it is quiet, and then after another while. */
function sourceSeen(
  watched: Watched,
  { state, files, bytes }: SourceReport,
  { at, start }: { readonly at: number; readonly start: DaqStart | undefined },
  patience: DaqPatience,
): Watched {
  const checked = { ...watched, checkedAt: at };
  if (!isQuiet(watched, at, patience)) return checked;
  if (state === "UNKNOWN") return { ...checked, quietSince: at };
  const firstBytes = watched.firstBytes ?? start?.bytes ?? bytes;
  // Of a DAQ that somebody else has started nobody knows whether it must see what was there: growth alone tells.
  const mustSee = start?.existingToo === true || bytes > firstBytes;
  return { ...checked, quietSince: at, firstBytes, missed: state === "OK" && mustSee ? files : 0 };
}

const isStalled = (watched: Watched, daq: DmTransfer, at: number, { stallSeconds }: DaqPatience): boolean =>
  daq.filesTotal === 0 ? watched.missed > 0 : at - watched.movedAt >= stallSeconds;
