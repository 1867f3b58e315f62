/**
 * The PVs that tell of DAQs, for the watch and for the commands: those of each side, the totals, the list and the
 * message. It judges nothing.
 */

import { onePerLine } from "../../base/clean-text.ts";
import { asSentence, clauseOf } from "../../base/errors.ts";
import type { Experiment } from "../experiment.ts";
import { type DmTransfer, isUnderWay, isWatching } from "../ports/data-management.ts";
import type { PvValue } from "../ports/pvs.ts";
import { DAQ_STATES, type DaqPvPart, type DaqSide, type DaqState, daqPv, SOURCE_STATES } from "../pvs/daq.ts";
import type { PvName } from "../pvs/index.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import type { ActionContext, RunContext } from "../run/action.ts";
import { failureOrAbort } from "../run/failure.ts";
import { uptime } from "../run/vital-signs.ts";
import { isAlive, type LastState } from "./daq-progress.ts";
import { type DaqSource, daqStateIndex, filesText, forgetSource, isOf, SIDE_NAMES, SIDES } from "./daq-sources.ts";

/** Reads a result PV. */
type Get = (name: PvName) => PvValue;
type Put = RunContext["publish"];

/** As StartDaq, StopDaq or the watch have left a side. */
export const lastState = (get: Get, side: DaqSide): LastState => ({
  state: DAQ_STATES[Number(get(daqPv(side, "State")))] ?? "None",
  id: String(get(daqPv(side, "Id"))),
});

/** Whether the last look at a side's source directory found none. */
export const isSourceGone = (get: Get, side: DaqSide): boolean =>
  /^(MISSING|NO_TOPDIR)$/.test(SOURCE_STATES[Number(get(daqPv(side, "SourceState")))] ?? "");

/** One side of an experiment as it stands. */
export interface SideSeen {
  readonly side: DaqSide;
  readonly state: DaqState;
  /** Undefined: there is none, or none any more. */
  readonly daq: DmTransfer | undefined;
  /** Files a minute. */
  readonly rate: number;
  readonly isSourceGone: boolean;
}

/**
 * Everything the PVs tell of DAQs, by one look: each side, the totals, the list and the message.
 * @param all those of the station
 * @returns whether a DAQ of the experiment is under way
 */
export function showDaqs(
  put: Put,
  experiment: Experiment | undefined,
  all: readonly DmTransfer[],
  sides: readonly SideSeen[],
): boolean {
  const shown = new Set<DmTransfer>();
  const pieces: string[] = [];
  for (const { side, state, daq, rate, isSourceGone: isGone } of sides) {
    put(daqPv(side, "State"), daqStateIndex(state));
    // Of one that ended before anybody looked, an earlier beamtime's say, nothing is shown.
    if (state === "None") showProgress(put, side, undefined, 0);
    else if (daq !== undefined) showProgress(put, side, daq, rate);
    if (state === "None") continue;
    if (daq !== undefined) shown.add(daq);
    const counts = daq === undefined ? "" : `, ${filesText(daq)}`;
    const gone = isGone && isAlive(state) ? ", its source directory is not there" : "";
    pieces.push(`${SIDE_NAMES[side]} ${state}${counts}${gone}`);
  }
  return showTotals(put, experiment, { all, shown, pieces });
}

/**
 * The PVs at the end of StartDaq and StopDaq: whoever waited for them reads settled values (decision 0012). The states
 * are those that the action, or the watch before it, has left; what has become of the DAQs since is the watch's to
 * judge. Never fails: what the action has done is done.
 * @param daqs those of the station, or looks at them now
 * @returns them; undefined where they cannot be seen
 */
export async function showDaqsAtEnd(
  context: ActionContext,
  sources: readonly DaqSource[],
  daqs: () => Promise<readonly DmTransfer[]>,
): Promise<readonly DmTransfer[] | undefined> {
  const { experiment, publish, say, signal, shown = () => "" } = context;
  try {
    const all = await daqs();
    const sides = sources.map(({ side }): SideSeen => {
      const { state, id } = lastState(shown, side);
      const daq = all.find((one) => one.id === id);
      return { side, state, daq, rate: Number(shown(daqPv(side, "Rate"))), isSourceGone: isSourceGone(shown, side) };
    });
    showDaqs(publish, experiment, all, sides);
    return all;
  } catch (thrown) {
    say(asSentence(`The DAQs cannot be seen: ${clauseOf(failureOrAbort(thrown, signal))}`));
    return undefined;
  }
}

/** All that is told of a side that has no DAQ. */
export function clearSide(put: Put, source: Pick<DaqSource, "side" | "directory">): void {
  put(daqPv(source.side, "State"), daqStateIndex("None"));
  forgetSource(put, source);
  showProgress(put, source.side, undefined, 0);
}

/** All that is told of DAQs before anybody has looked: of an experiment that is new here. */
export function forgetDaqs(put: Put, sources: readonly Pick<DaqSource, "side" | "directory">[]): void {
  for (const source of sources) {
    const { side } = source;
    put(daqPv(side, "State"), daqStateIndex("Unseen"));
    put(daqPv(side, "Id"), "");
    forgetSource(put, source);
    for (const part of FIGURES) put(daqPv(side, part), UNKNOWN_COUNT);
  }
  for (const name of TOTALS) put(name, UNKNOWN_COUNT);
}
const FIGURES = ["FilesDone", "FilesTotal", "Percent", "Rate", "RunTime", "Errors"] as const satisfies DaqPvPart[];
const TOTALS = ["DaqRunning", "DaqFilesDone", "DaqFilesTotal", "DaqPercent", "DaqErrors"] as const satisfies PvName[];

/** Where no Data Management is configured there is no DAQ, and that is known. */
export function showNoDaqs(put: Put, sentence: string): void {
  for (const side of SIDES) clearSide(put, { side, directory: "" });
  for (const name of TOTALS) put(name, 0);
  put("DaqMessage", sentence);
}

/** The list of all that run at the station, while nobody knows which experiment is tagged. */
export function showListAlone(put: Put, all: readonly DmTransfer[]): void {
  put("DaqList", onePerLine(all.filter(isUnderWay).map(listLine)));
  put("DaqMessage", "Nobody knows yet which experiment is tagged.");
}

/** One side; undefined: there is no DAQ. @param rate files a minute */
export function showProgress(put: Put, side: DaqSide, daq: DmTransfer | undefined, rate: number): void {
  put(daqPv(side, "Id"), daq?.id ?? "");
  put(daqPv(side, "FilesDone"), daq?.filesDone ?? 0);
  put(daqPv(side, "FilesTotal"), daq?.filesTotal ?? 0);
  put(daqPv(side, "Percent"), daq?.percent ?? 0);
  put(daqPv(side, "Rate"), rate);
  put(daqPv(side, "RunTime"), daq?.runSeconds ?? 0);
  put(daqPv(side, "Errors"), daq?.errors ?? 0);
}

interface DaqsSeen {
  /** All of the station. */
  readonly all: readonly DmTransfer[];
  /** Those of the experiment's sides. */
  readonly shown: ReadonlySet<DmTransfer>;
  /** What is said of these; pieces of a sentence. */
  readonly pieces: readonly string[];
}

/**
 * The totals of the experiment, the list of all, and the message.
 * @returns whether a DAQ of the experiment is under way
 */
function showTotals(put: Put, experiment: Experiment | undefined, { all, shown, pieces }: DaqsSeen): boolean {
  const running = all.filter(isUnderWay);
  const own = experiment === undefined ? [] : running.filter(isOf(experiment));
  const others = own.filter((one) => !shown.has(one));
  const counted = [...shown, ...others];
  const sum = (of: (daq: DmTransfer) => number): number => counted.reduce((total, daq) => total + of(daq), 0);
  const [done, total] = [sum(({ filesDone }) => filesDone), sum(({ filesTotal }) => filesTotal)];
  put("DaqRunning", own.filter(isWatching).length);
  put("DaqFilesDone", done);
  put("DaqFilesTotal", total);
  put("DaqPercent", total === 0 ? 0 : (100 * done) / total);
  put(
    "DaqErrors",
    sum(({ errors }) => errors),
  );
  put("DaqList", onePerLine(running.map(listLine)));
  const told = [...pieces, ...others.map((daq) => `${daq.dataDirectory} ${daq.status}, ${filesText(daq)}`)];
  const none = experiment === undefined ? "No experiment is tagged" : `No DAQ of ${experiment.name} runs`;
  put("DaqMessage", `${told.length === 0 ? none : `${experiment?.name}: ${told.join("; ")}`}.`);
  return own.length > 0;
}

/** One line of DaqList, for the command line's daq-status, too. */
export const listLine = (daq: DmTransfer): string =>
  [
    daq.experimentName,
    daq.dataDirectory,
    `${daq.filesDone}/${daq.filesTotal}`,
    `${daq.percent.toFixed(0)} %`,
    ...(daq.status === "running" ? [] : [daq.status]),
    uptime(daq.runSeconds),
    ...(daq.startedAt === undefined ? [] : [`since ${daq.startedAt}`]),
    daq.id,
  ].join("  ");
