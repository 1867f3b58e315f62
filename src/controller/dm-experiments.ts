/**
 * Experiments of Data Management, as several commands need them: looked for under every name that they may have before one is made, and never made twice. Which
 * experiment is the actions' business; who is on it is dm-roster.ts.
 */
import type { Experiment } from "./experiment.ts";
import { RejectedError } from "./outcome.ts";
import {
  AlreadyExistsError,
  type DataManagement,
  type DmExperiment,
  type NewExperiment,
  NotFoundError,
  UnavailableError,
} from "./ports.ts";

/** The names under which an experiment may exist: the one in use today, and the one that the original program gave. */
export function experimentNames({ name, uncleanedName }: Experiment): readonly string[] {
  const canBeAsked = !/[/\\\x00-\x1f]/.test(uncleanedName);
  return canBeAsked && uncleanedName !== name ? [name, uncleanedName] : [name];
}

/** The first of the names that exists; undefined only if the service says that there is none of them. */
export async function findExperiment(
  dm: DataManagement,
  names: readonly string[],
  signal: AbortSignal,
): Promise<DmExperiment | undefined> {
  for (const name of names) {
    try {
      return await dm.experimentByName(name, { signal });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return undefined;
}

/** The tagged experiment. @throws RejectedError when there is none */
export async function requireExperiment(
  { dm, serverName }: { readonly dm: DataManagement; readonly serverName: string },
  experiment: Experiment,
  signal: AbortSignal,
): Promise<DmExperiment> {
  const found = await findExperiment(dm, experimentNames(experiment), signal);
  if (found !== undefined) return found;
  throw new RejectedError(`Experiment ${experiment.name} does not exist on ${serverName}; run Init first.`);
}

export interface Made {
  readonly experiment: DmExperiment;
  /** Made by this call, not by somebody else. */
  readonly isNew: boolean;
}

/** Makes an experiment that was not found a moment ago. @param names as for findExperiment */
export async function createExperiment(
  dm: DataManagement,
  experiment: NewExperiment,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Made> {
  try {
    return { experiment: await dm.addExperiment(experiment, { signal }), isNew: true };
  } catch (error) {
    const answerLost = error instanceof UnavailableError && error.mayHaveHappened;
    if (signal.aborted || !(answerLost || error instanceof AlreadyExistsError)) throw error;
    // Made by somebody else between our two calls, or by us although the answer got lost: look, and never create twice.
    const found = await findExperiment(dm, names, signal).catch(() => undefined);
    if (found === undefined) throw error;
    return { experiment: found, isNew: answerLost };
  }
}
