/** The tagged experiment on a Data Management server: looked for under the name in use today, then under the one that the original program gave. Nothing is made here. */
import type { Experiment } from "./experiment.ts";
import { RejectedError } from "./outcome.ts";
import { type DataManagement, type DmExperiment, NotFoundError } from "./ports.ts";

/** @returns undefined only if the service says that there is none under either name */
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

/** @throws RejectedError when there is none */
export async function requireExperiment(
  { dm, serverName }: { readonly dm: Pick<DataManagement, "experimentByName">; readonly serverName: string },
  experiment: Experiment,
  signal: AbortSignal,
): Promise<DmExperiment> {
  const found = await findExperiment(dm, experiment, signal);
  if (found !== undefined) return found;
  throw new RejectedError(`Experiment ${experiment.name} does not exist on ${serverName}; run Init first.`);
}
