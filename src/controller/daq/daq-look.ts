/**
 * What a look at Data Management, and now and then at the sources, changes in what is known of the DAQs: their states,
 * and what is remembered until the next look. A DAQ stalls when it has files to do and does none for a while, or when
 * it sees no file although its source has some. Pure: the time of the look is handed in.
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
  /** Seconds between two looks while a DAQ of the experiment runs. */
  readonly pollSeconds: number;
  /** Seconds without a file done, while there are files to do, after which a DAQ counts as stalled. */
  readonly stallSeconds: number;
}

/** What one look has found. */
export interface DaqLook {
  /** Monotonic seconds. */
  readonly at: number;
  /** The DAQs of the station, also ended DAQs. */
  readonly all: readonly DmTransfer[];
  /** Reports on the sources that were due. */
  readonly reports: Readonly<Partial<Record<DaqSide, SourceReport>>>;
}

/**
 * While a DAQ runs, its source is checked once in so many polls: a check costs the data host more than a look at the
 * DAQs costs Data Management.
 */
const SOURCE_POLLS = 6;
/** Seconds over which the rate is taken. */
const RATE_SECONDS = 60;

/**
 * The sources to check with a look: whether a running DAQ's source is still there, and has files that the DAQ does not
 * see.
 */
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

/**
 * The DAQ that stands for a side: one that watches, else one that is under way, else the DAQ that was known; else the
 * last, unless a DAQ was believed to run.
 */
const chosen = (side: SideState, daqs: readonly DmTransfer[]): DmTransfer | undefined =>
  daqs.find(isWatching) ??
  daqs.find(isUnderWay) ??
  daqs.find(({ id }) => id === side.daq?.id) ??
  (isAlive(side) ? undefined : daqs.at(-1));

type SideChange = Pick<SideState, "state" | "daq" | "watched">;

/** Data Management has no DAQ for the side. A DAQ that was believed to run counts as ended, as it was last seen. */
function gone({ state, daq, ...side }: SideState): SideChange {
  if (state === "Unseen") return { state: "None", daq: undefined, watched: undefined };
  return { state: isAlive({ ...side, state }) ? "Ended" : state, daq, watched: undefined };
}

function ended(side: SideState, daq: DmTransfer, daqs: readonly DmTransfer[]): SideChange {
  const watched = undefined;
  if (side.daq?.id !== daq.id) {
    // We never saw this DAQ run: its end says nothing, and a failure counts only where every DAQ of the source has
    // failed.
    const isBad = daqs.every(({ status }) => status === "failed");
    return isBad ? { state: "Failed", daq, watched } : { state: "None", daq: undefined, watched };
  }
  if (!isAlive(side)) return { state: side.state, daq, watched };
  return { state: daq.status === "failed" ? "Failed" : "Ended", daq, watched };
}

/** What is remembered of a DAQ, by how it stands now. */
function watchedOn(before: Watched | undefined, daq: DmTransfer, at: number): Watched {
  const { id, filesDone, filesTotal, errors } = daq;
  // Should the service count errors among the files done, too, the last few files are not waited for.
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

/** The samples of the last RATE_SECONDS; where looks are further apart, the last sample alone. */
function recent(samples: Watched["samples"], at: number): Watched["samples"] {
  const kept = samples.filter((one) => at - one.at <= RATE_SECONDS);
  return kept.length > 0 ? kept : samples.slice(-1);
}

/** Files done a minute, over the last minute, or since the DAQ is watched. */
export function rateOf(watched: Watched | undefined): number {
  const [first, last] = [watched?.samples[0], watched?.samples.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return Math.max(0, ((last.done - first.done) * 60) / (last.at - first.at));
}

/** Whether the DAQ has seen no new file for so long that its source is worth a check. */
const isQuiet = ({ quietSince }: Watched, at: number, { stallSeconds }: DaqPatience): boolean =>
  at - quietSince >= stallSeconds;

/**
 * A check of the DAQ's source. The files that the DAQ misses are counted only when it is quiet, and then no sooner than
 * after another `stallSeconds`.
 */
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
  // A DAQ that somebody else has started may ignore the files that were there before: only growth tells that it misses
  // some.
  const mustSee = start?.existingToo === true || bytes > firstBytes;
  return { ...checked, quietSince: at, firstBytes, missed: state === "OK" && mustSee ? files : 0 };
}

const isStalled = (watched: Watched, daq: DmTransfer, at: number, { stallSeconds }: DaqPatience): boolean =>
  daq.filesTotal === 0 ? watched.missed > 0 : at - watched.movedAt >= stallSeconds;
