/**
 * Where the DAQs and uploads of an experiment find their data, and the look at these directories before anything
 * starts: Data Management accepts a directory that does not exist, and then moves nothing (data-management.md §7.5). It
 * starts nothing.
 */
import { asSentence, clauseOf } from "../../base/errors.ts";
import { directoryParts, type Experiment, pathUnder } from "../experiment.ts";
import type { DataHost, SourceReport } from "../ports/data-host.ts";
import { type DmTask, type DmTransfer, isWatching } from "../ports/data-management.ts";
import {
  DAQ_SIDES,
  DAQ_STATES,
  type DaqSide,
  type DaqState,
  daqPv,
  SOURCE_STATES,
  type SourceState,
} from "../pvs/daq.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import { type ActionContext, flagInput, type RunContext, type TaggedRequest } from "../run/action.ts";
import { InputError, RejectedError } from "../run/outcome.ts";

/** Where one station's data are. */
export interface DaqSite {
  readonly host: DataHost;
  /**
   * What Data Management is told before the path: nothing where it has the host's directories mounted, else `@host:`.
   */
  readonly prefix: string;
  /** Levels below the host's top directory. */
  readonly templates: Readonly<Record<DaqSide, string>>;
}

export interface DaqSource {
  readonly side: DaqSide;
  /** Levels below the host's top directory. */
  readonly parts: readonly string[];
  /** `host:/path`, for people. */
  readonly place: string;
  /** The directory in Data Management's words, by which DAQs are known. */
  readonly directory: string;
  /** Into the analysis directory of the experiment, or into its data directory. */
  readonly root: DmTask;
}

/** To the next look after a refused login: an account that is knocked at every minute may be locked. */
export const REFUSED_SECONDS = 300;

export const SIDES = Object.keys(DAQ_SIDES) as DaqSide[];
/** What a side's data are called. */
export const SIDE_NAMES: Readonly<Record<DaqSide, string>> = { raw: "raw data", rec: "reconstructions" };

/** Those of an experiment, the raw data first. */
export function daqSources({ host, prefix, templates }: DaqSite, experiment: Experiment): readonly DaqSource[] {
  return SIDES.map((side) => {
    const parts = directoryParts(templates[side], experiment);
    const path = pathUnder(host.top, parts);
    return {
      side,
      parts,
      place: `${host.name}:${path}`,
      directory: prefix + path,
      root: side === "rec" ? { useAnalysisDirectoryAsRoot: true } : {},
    };
  });
}

/** Those that DaqRaw and DaqRec ask for. @throws RejectedError when that is none, or when both are one directory */
export function chosenSources(site: DaqSite, request: TaggedRequest): readonly DaqSource[] {
  const sources = daqSources(site, request.experiment).filter(({ side }) => flagInput(request, DAQ_SIDES[side]));
  if (sources.length === 0)
    throw new InputError(DAQ_SIDES.raw, `${DAQ_SIDES.raw} and ${DAQ_SIDES.rec} are both No; set one of them to Yes.`);
  const [one, other] = sources;
  if (one?.directory === other?.directory)
    throw new RejectedError(
      `The raw data and the reconstructions are both in ${one?.place}; change raw-template or rec-template in the [daq] section of globus.conf.`,
    );
  return sources;
}

/** A source that can be read, and what there is to say of it; a piece of a sentence, or "". */
export interface CheckedSource extends DaqSource {
  readonly report: SourceReport;
  readonly remark: string;
}

export interface CheckedSources {
  /** At least one. */
  readonly usable: readonly CheckedSource[];
  /** Pieces of a sentence: what is left out, or worth knowing. */
  readonly remarks: readonly string[];
  /** Likewise: what could not be looked at. A command with such is not Done. */
  readonly unchecked: readonly string[];
}

/**
 * Looks at the directories, publishes what it finds, and says what is left out or could not be looked at.
 * Reconstructions that are not there (yet) are left out, and so are those that nobody can look at. Raw data that nobody
 * can look at are usable, for they must not wait, and Data Management may reach them.
 * @param needsFiles an empty directory is as good as none
 * @throws RejectedError when the raw data are not there, or when nothing of what was asked for is left
 */
export async function checkSources(
  host: DataHost,
  sources: readonly DaqSource[],
  context: ActionContext,
  needsFiles: boolean,
): Promise<CheckedSources> {
  const { publish, signal, say } = context;
  for (const source of sources) forgetSource(publish, source);
  const checked = await Promise.all(
    sources.map(async (source): Promise<CheckedSource & { readonly isUsable: boolean }> => {
      const report = await host.inspect(source.parts, { signal });
      showSource(publish, source, isExpectedLater(source, report) ? "NOT_YET" : report.state, report);
      const isAbsent = /^(MISSING|NO_TOPDIR)$/.test(report.state) || (needsFiles && report.state === "EMPTY");
      const isUsable = !isAbsent && (source.side === "raw" || report.state !== "UNKNOWN");
      return { ...source, report, isUsable, remark: sourceRemark(host, source, report) };
    }),
  );
  signal.throwIfAborted();
  const usable = checked.filter(({ isUsable }) => isUsable);
  const decisive = checked.find(({ side, isUsable }) => !isUsable && (side === "raw" || usable.length === 0));
  if (decisive !== undefined) throw new RejectedError(`${decisive.remark}; ${advice(decisive.report)}.`);
  const remarksOf = (some: typeof checked): readonly string[] =>
    some
      .filter(({ remark }) => remark !== "")
      .map(({ remark, side, isUsable }) =>
        isUsable ? remark : `${remark}, so the ${SIDE_NAMES[side]} are left out until this is run again`,
      );
  const isUnknown = ({ report }: CheckedSource): boolean => report.state === "UNKNOWN";
  const remarks = remarksOf(checked.filter((one) => !isUnknown(one)));
  const unchecked = remarksOf(checked.filter(isUnknown));
  for (const remark of [...remarks, ...unchecked]) say(asSentence(remark));
  return { usable, remarks, unchecked };
}

/** There are no reconstructions before the first one is made; that is no fault. */
const isExpectedLater = ({ side }: DaqSource, { state }: SourceReport): boolean =>
  side === "rec" && state === "MISSING";

/** The source PVs of a side by a look at it. */
export function showSource(
  put: RunContext["publish"],
  { side }: Pick<DaqSource, "side">,
  state: SourceState,
  { bytes }: Pick<SourceReport, "bytes">,
): void {
  put(daqPv(side, "SourceState"), SOURCE_STATES.indexOf(state));
  put(daqPv(side, "SourceBytes"), state === "UNKNOWN" ? UNKNOWN_COUNT : bytes);
}

/** The source PVs of a side that nobody has looked at. */
export function forgetSource(
  put: RunContext["publish"],
  { side, directory }: Pick<DaqSource, "side" | "directory">,
): void {
  put(daqPv(side, "Source"), directory);
  showSource(put, { side }, "UNKNOWN", { bytes: UNKNOWN_COUNT });
}

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

/** Whether a DAQ belongs to the experiment, under either of its names. */
export const isOf =
  ({ name, uncleanedName }: Experiment) =>
  ({ experimentName }: DmTransfer): boolean =>
    experimentName === name || experimentName === uncleanedName;

/** The DAQ that watches this source for the experiment, if any. */
export const runningDaq = (
  daqs: readonly DmTransfer[],
  experimentName: string,
  { directory }: Pick<DaqSource, "directory">,
): DmTransfer | undefined =>
  daqs.find((one) => isWatching(one) && one.experimentName === experimentName && one.dataDirectory === directory);

export const daqStateIndex = (state: DaqState): number => DAQ_STATES.indexOf(state);

/** What Data Management says is wrong with it, in brackets behind a piece of a sentence; "" for nothing. */
export const inDmsWords = ({ problem }: DmTransfer): string =>
  problem === undefined ? "" : ` (Data Management: ${clauseOf(problem)})`;

/** `12 of 30 files`. */
export const filesText = ({ filesDone, filesTotal }: Pick<DmTransfer, "filesDone" | "filesTotal">): string =>
  `${filesDone} of ${filesTotal} files`;
