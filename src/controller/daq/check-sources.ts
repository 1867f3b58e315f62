/**
 * The look at the source directories before anything starts: Data Management accepts a directory that does not exist,
 * and then moves nothing (data-management.md §7.5). Starts nothing.
 */
import { asSentence, clauseOf } from "../../base/errors.ts";
import type { DataHost, SourceReport } from "../ports/data-host.ts";
import { SIDE_NAMES } from "../pvs/daq.ts";
import type { ActionContext } from "../run/action.ts";
import { RejectedError } from "../run/outcome.ts";
import type { DaqBoard } from "./daq-board.ts";
import type { DaqSource } from "./daq-sources.ts";
import { foundIn, sourceChecked } from "./daq-state.ts";

export interface SourceCheck {
  readonly host: DataHost;
  readonly board: DaqBoard;
  /** Whether an empty directory is as good as none. */
  readonly needsFiles: boolean;
}

/** A source that can be used, with a remark: a piece of a sentence, or "". */
export interface CheckedSource extends DaqSource {
  readonly report: SourceReport;
  readonly remark: string;
}

export interface CheckedSources {
  /** At least one source. */
  readonly usable: readonly CheckedSource[];
  /** Pieces of a sentence: which sources are left out, or what is worth knowing. */
  readonly remarks: readonly string[];
  /** Pieces of a sentence: which sources could not be looked at. With any of these a command is not Done. */
  readonly unchecked: readonly string[];
}

/**
 * Looks at the directories, shows what is found, and says which are left out or could not be looked at. Reconstructions
 * that are not there (yet), or that we cannot look at, are left out. Raw data that we cannot look at are usable: they
 * must not wait, and Data Management may reach them.
 * @throws RejectedError when the raw data are not there, or when nothing of what was asked for is left
 */
export async function checkSources(
  { host, board, needsFiles }: SourceCheck,
  sources: readonly DaqSource[],
  context: ActionContext,
): Promise<CheckedSources> {
  for (const { side } of sources) board.changeOf(context, (state) => sourceChecked(state, side));
  const checked = await Promise.all(
    sources.map(async (source): Promise<JudgedSource> => {
      const report = await host.inspect(source.parts, { signal: context.signal });
      const found = { ...foundIn(report), ...(isExpectedLater(source, report) && { state: "NOT_YET" as const }) };
      board.changeOf(context, (state) => sourceChecked(state, source.side, found));
      return verdictOn(host, source, report, needsFiles);
    }),
  );
  context.signal.throwIfAborted();
  const usable = checked.filter(({ isUsable }) => isUsable);
  const decisive = checked.find(({ side, isUsable }) => !isUsable && (side === "raw" || usable.length === 0));
  if (decisive !== undefined) throw new RejectedError(`${decisive.remark}; ${advice(decisive.report)}.`);
  const isUnknown = ({ report }: CheckedSource): boolean => report.state === "UNKNOWN";
  const remarks = checked.filter((one) => !isUnknown(one)).flatMap(remarkOf);
  const unchecked = checked.filter(isUnknown).flatMap(remarkOf);
  for (const remark of [...remarks, ...unchecked]) context.say(asSentence(remark));
  return { usable, remarks, unchecked };
}

interface JudgedSource extends CheckedSource {
  readonly isUsable: boolean;
}

function verdictOn(host: DataHost, source: DaqSource, report: SourceReport, needsFiles: boolean): JudgedSource {
  const isAbsent = /^(MISSING|NO_TOPDIR)$/.test(report.state) || (needsFiles && report.state === "EMPTY");
  const isUsable = !isAbsent && (source.side === "raw" || report.state !== "UNKNOWN");
  return { ...source, report, isUsable, remark: sourceRemark(host, source, report) };
}

function remarkOf({ remark, side, isUsable }: JudgedSource): string[] {
  if (remark === "") return [];
  return [isUsable ? remark : `${remark}, so the ${SIDE_NAMES[side]} are left out until this is run again`];
}

/** Whether a missing directory is no fault: before the first reconstruction is made there is none. */
const isExpectedLater = ({ side }: DaqSource, { state }: SourceReport): boolean =>
  side === "rec" && state === "MISSING";

function sourceRemark({ name, top }: DataHost, { place }: DaqSource, { state, remark }: SourceReport): string {
  switch (state) {
    case "OK":
      return "";
    case "EMPTY":
      return `${place} is empty`;
    case "MISSING":
      return `${place} does not exist`;
    case "NO_TOPDIR":
      return `the top directory ${name}:${top} does not exist`;
    case "UNKNOWN":
      return `${place} was not checked: ${clauseOf(remark ?? "nobody knows why")}`;
  }
}

function advice({ state }: SourceReport): string {
  switch (state) {
    case "NO_TOPDIR":
      return "correct data-host or data-top-dir in the [local] section of globus.conf";
    case "EMPTY":
      return "there is nothing to move yet";
    case "UNKNOWN":
      return "nothing was started; run this again when that host can be reached";
    case "MISSING":
    case "OK":
      return "run Dirs first, or correct data-host, data-top-dir or the [daq] templates in globus.conf";
  }
}
