/** The experiment as Data Management knows it: under the name in use today, or under the one that the original program gave. It creates none. */
import type { Experiment } from "./experiment.ts";
import { RejectedError } from "./outcome.ts";
import { type DataManagement, type DmExperiment, NotFoundError } from "./ports.ts";

/** Its possible names, the one in use today first. */
export const experimentNames = ({ name, uncleanedName }: Experiment): ReadonlySet<string> =>
  new Set([name, ...(/[/\\\x00-\x1f]/.test(uncleanedName) ? [] : [uncleanedName])]);

/** Undefined only if the service says that there is none by any of its names. */
export async function findExperiment(
  dm: DataManagement,
  experiment: Experiment,
  signal: AbortSignal,
): Promise<DmExperiment | undefined> {
  for (const name of experimentNames(experiment)) {
    try {
      return await dm.experimentByName(name, { signal });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return undefined;
}

/** @throws RejectedError when there is none */
export async function requireExperiment(
  dm: DataManagement,
  experiment: Experiment,
  { serverName, signal }: { readonly serverName: string; readonly signal: AbortSignal },
): Promise<DmExperiment> {
  const found = await findExperiment(dm, experiment, signal);
  if (found !== undefined) return found;
  throw new RejectedError(`There is no experiment ${experiment.name} on ${serverName}; run Init first.`);
}
