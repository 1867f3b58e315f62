/**
 * Where the DAQs and uploads of an experiment find their data, and which DAQs and uploads belong to an experiment.
 * Looks at nothing.
 */
import { clauseOf } from "../../base/errors.ts";
import { directoryParts, type Experiment, pathUnder } from "../experiment.ts";
import type { DataHost } from "../ports/data-host.ts";
import { type DmTask, type DmTransfer, isWatching } from "../ports/data-management.ts";
import { DAQ_SIDES, type DaqSide } from "../pvs/daq.ts";
import { flagInput, type TaggedRequest } from "../run/action.ts";
import { InputError, RejectedError } from "../run/outcome.ts";

/** Where one station's data are. */
export interface DaqSite {
  readonly host: DataHost;
  /**
   * Stands before the path in what Data Management is told: nothing where DM has the host's directories mounted, else
   * `@host:`.
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
  /** Whether DM moves into the experiment's analysis directory or into its data directory. */
  readonly root: DmTask;
}

/** Seconds to the next look after a refused login: a refusal every minute may lock the account. */
export const REFUSED_SECONDS = 300;

export const SIDES = Object.keys(DAQ_SIDES) as DaqSide[];

/** The sources of an experiment, the raw data first. */
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

/**
 * The sources that DaqRaw and DaqRec ask for.
 * @throws RejectedError when neither does, or when both are one directory
 */
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

/** Whether a DAQ belongs to the experiment, under either of its names. */
export const isOf =
  ({ name, uncleanedName }: Experiment) =>
  ({ experimentName }: DmTransfer): boolean =>
    experimentName === name || experimentName === uncleanedName;

/** The DAQ that watches the source for the experiment, if any. */
export const runningDaq = (
  daqs: readonly DmTransfer[],
  experimentName: string,
  { directory }: Pick<DaqSource, "directory">,
): DmTransfer | undefined =>
  daqs.find((one) => isWatching(one) && one.experimentName === experimentName && one.dataDirectory === directory);

/**
 * What Data Management says is wrong with a DAQ or upload, in brackets behind a piece of a sentence; "" for nothing.
 */
export const inDmsWords = ({ problem }: DmTransfer): string =>
  problem === undefined ? "" : ` (Data Management: ${clauseOf(problem)})`;

/** `12 of 30 files`. */
export const filesText = ({ filesDone, filesTotal }: Pick<DmTransfer, "filesDone" | "filesTotal">): string =>
  `${filesDone} of ${filesTotal} files`;
