/**
 * An experiment on a Data Management server: looked for under its present name, then under the name that the original
 * program gave; made at most once. Which experiment, and who is on it, is decided elsewhere.
 */
import type { Clock } from "../../base/clock.ts";
import { facilityMonth } from "../../base/facility-time.ts";
import type { Experiment } from "../experiment.ts";
import { AlreadyExistsError, type CallOptions, NotFoundError, UnavailableError } from "../ports/call.ts";
import type { DataManagement, DmExperiment, NewExperiment } from "../ports/data-management.ts";
import { RejectedError } from "../run/outcome.ts";

/** @returns undefined only if the service says that there is no experiment under either name */
export async function findExperiment(
  dm: Pick<DataManagement, "experimentByName">,
  experiment: Experiment,
  signal: AbortSignal,
): Promise<DmExperiment | undefined> {
  const names = new Set([
    experiment.name,
    ...(/[/\\\x00-\x1f]/.test(experiment.uncleanedName) ? [] : [experiment.uncleanedName]),
  ]);
  for (const name of names) {
    try {
      return await dm.experimentByName(name, { signal });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return undefined;
}

/** @throws RejectedError when there is no such experiment */
export async function requireExperiment(
  { dm, serverName }: { readonly dm: Pick<DataManagement, "experimentByName">; readonly serverName: string },
  experiment: Experiment,
  signal: AbortSignal,
): Promise<DmExperiment> {
  const found = await findExperiment(dm, experiment, signal);
  if (found !== undefined) return found;
  throw new RejectedError(`Experiment ${experiment.name} does not exist on ${serverName}; run Init first.`);
}

/** Names of the station's experiments of this year and the last, by the facility's calendar; the latest first. */
export async function recentExperiments(
  dm: Pick<DataManagement, "stationExperiments">,
  clock: Clock,
  options: CallOptions,
): Promise<readonly string[]> {
  const lastYear = Number(facilityMonth(new Date(clock.now())).slice(0, 4)) - 1;
  const start = ({ startDate }: DmExperiment): number => startDate?.getTime() ?? 0;
  return (await dm.stationExperiments(options))
    .filter(({ rootPath }) => rootPath === undefined || Number(rootPath.slice(0, 4)) >= lastYear)
    .toSorted((a, b) => start(b) - start(a) || a.name.localeCompare(b.name))
    .map(({ name }) => name);
}

export interface MadeExperiment {
  readonly experiment: DmExperiment;
  /** Made by this call, not by somebody else. */
  readonly isNew: boolean;
}

/**
 * Makes an experiment that was not found a moment ago.
 * @param wanted what the service needs beside the name and the month
 */
export async function createExperiment(
  dm: DataManagement,
  experiment: Experiment,
  wanted: Pick<NewExperiment, "typeName" | "start" | "end">,
  signal: AbortSignal,
): Promise<MadeExperiment> {
  const { name, yearMonth: rootPath, proposalTitle: description } = experiment;
  try {
    const made = await dm.addExperiment({ ...wanted, name, rootPath, description }, { signal });
    return { experiment: made, isNew: true };
  } catch (error) {
    const answerLost = error instanceof UnavailableError && error.mayHaveHappened;
    if (signal.aborted || !(answerLost || error instanceof AlreadyExistsError)) throw error;
    // Made by somebody else between our two calls, or by us although the answer got lost: look, and never create twice.
    const found = await findExperiment(dm, experiment, signal).catch(() => undefined);
    if (found === undefined) throw error;
    return { experiment: found, isNew: answerLost };
  }
}
