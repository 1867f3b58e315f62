/**
 * Experiments of Data Management and who is on them, as several commands need it: an experiment is looked for before one is made and never made twice; users
 * are put on it one by one, and one that cannot be does not stop the others. Which experiment and which users is the actions' business.
 */
import { ActionError, CancelledError, messageOf } from "../base/errors.ts";
import { type Experiment, visible } from "./experiment.ts";
import {
  AlreadyExistsError,
  type DataManagement,
  type DmExperiment,
  type NewExperiment,
  NotFoundError,
  UnavailableError,
} from "./ports.ts";

/** Users of Data Management are called `d` and their badge. */
export const dmUsername = (badge: string): string => `d${badge}`;

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

export interface Membership {
  /** What was done so far, for whoever reads why it went no further. */
  readonly sentence: string;
  /** Named in that sentence: what to run again. */
  readonly command: string;
  readonly experiment: DmExperiment;
  /** Empty ones are left out, and each counts once. */
  readonly badges: readonly string[];
}

/** How far it has got. */
export interface MembershipResult {
  /** Users that are on the experiment now. */
  readonly present: number;
  /** One piece of a sentence for each that is not. */
  readonly failures: readonly string[];
}

/**
 * Puts users on an experiment.
 * @param progress told after each of them
 * @throws ActionError, CancelledError, both saying what was done before
 */
export async function addUsers(
  dm: DataManagement,
  { sentence, command, experiment, badges }: Membership,
  progress: (result: MembershipResult) => void,
  signal: AbortSignal,
): Promise<MembershipResult> {
  const wanted = new Set(badges.filter((badge) => badge !== ""));
  const already = new Set(experiment.usernames);
  let present = 0;
  const failures: string[] = [];
  try {
    for (const badge of wanted) {
      signal.throwIfAborted();
      const isMember = already.has(dmUsername(badge));
      const problem = isMember ? undefined : await addUser(dm, badge, experiment.name, signal);
      if (problem === undefined) present++;
      else failures.push(problem);
      progress({ present, failures });
    }
  } catch (error) {
    const done = `${sentence} and ${present} of ${wanted.size} users are on it`;
    const next = `run ${command} again for the others`;
    if (signal.aborted) throw new CancelledError(`${messageOf(signal.reason)} ${done}; ${next}.`);
    if (error instanceof ActionError) throw new ActionError(`${done}; ${next}`, { cause: error });
    throw error;
  }
  return { present, failures };
}

/** @returns what went wrong, or undefined when the user is on the experiment */
export async function addUser(
  dm: DataManagement,
  badge: string,
  experimentName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!/^\d+$/.test(badge)) return `badge ${visible(badge)} is not a number`;
  try {
    await dm.addUserToExperiment(dmUsername(badge), experimentName, { signal });
    return undefined;
  } catch (error) {
    if (error instanceof AlreadyExistsError) return undefined;
    if (error instanceof NotFoundError) return `badge ${badge} is unknown to Data Management`;
    if (signal.aborted || !(error instanceof ActionError) || error instanceof UnavailableError) throw error;
    return `${dmUsername(badge)}: ${messageOf(error)}`;
  }
}
