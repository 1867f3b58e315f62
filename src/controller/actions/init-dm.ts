/** Init on a Data Management server: the experiment, found or created, and its users: the proposal's experimenters and the beamline contacts. */
import { ActionError, CancelledError, messageOf } from "../../base/errors.ts";
import type { Action, ActionContext } from "../action.ts";
import { type Experiment, visible } from "../experiment.ts";
import type { ActionResult } from "../outcome.ts";
import { findPeople, type PeopleOptions, type Person } from "../people.ts";
import {
  AlreadyExistsError,
  type Beamtime,
  type DataManagement,
  type DmExperiment,
  NotFoundError,
  UnavailableError,
} from "../ports.ts";

export interface InitDmOptions {
  readonly dm: DataManagement;
  readonly people: PeopleOptions;
  /** Experiment type as the station defines it. */
  readonly experimentType: string;
  /** As operators know the server. */
  readonly serverName: string;
}

/** Users of Data Management are called `d` and their badge. */
export const dmUsername = (badge: string): string => `d${badge}`;

export function initOnDm(options: InitDmOptions): Action {
  const contacts = options.people.contacts.map(({ badge }) => dmUsername(badge)).join(", ");
  return {
    plan: ({ experiment }) => [
      `would look for experiment ${experiment.name} on ${options.serverName} and create it (type ${options.experimentType}, root ${experiment.yearMonth}) if there is none`,
      `would put the experimenters of proposal ${experiment.proposalNumber}, the users of its ESAF and ${contacts} on it`,
    ],
    run: (context) => initialise(options, context),
  };
}

async function initialise(options: InitDmOptions, context: ActionContext): Promise<ActionResult> {
  const { experiment, signal, publish } = context;
  publish("ExperimentCreated", 0);
  publish("UsersAdded", 0);
  publish("UsersFailed", 0);
  const found = await findExperiment(options.dm, experiment, signal);
  publish("ExperimentExists", found === undefined ? 0 : 1);
  const { people, beamtime, scheduleError, problems } = await findPeople(options.people, experiment, context, {
    signal,
  });
  // A new experiment needs its beamtime for its dates; one that exists can get its contacts without.
  if (found === undefined && scheduleError !== undefined) throw scheduleError;
  const made = found === undefined ? await create(options, context, beamtime) : { experiment: found, isNew: false };
  publish("ExperimentExists", 1);
  publish("ExperimentCreated", made.isNew ? 1 : 0);
  const sentence = `Experiment ${made.experiment.name} ${made.isNew ? "was created" : "exists"} on ${options.serverName}`;
  context.say(`${sentence}.`);
  const users = await addUsers(options, context, { sentence, experiment: made.experiment, people });
  const missing = [
    ...(scheduleError === undefined ? problems : [`the experimenters were not added: ${problems.join("; ")}`]),
    ...users.failures,
  ];
  const present = `${sentence}; ${users.present} users are on it`;
  return missing.length === 0
    ? { state: "Done", message: `${present}.` }
    : { state: "Partial", message: `${present}, but ${missing.join("; ")}.` };
}

/** By the name in use today, then by the one that the original program gave; undefined only if the service says that there is neither. */
export async function findExperiment(
  dm: DataManagement,
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

interface Made {
  readonly experiment: DmExperiment;
  /** Made by this call, not by somebody else. */
  readonly isNew: boolean;
}

async function create(options: InitDmOptions, context: ActionContext, beamtime: Beamtime | undefined): Promise<Made> {
  const { experiment, signal } = context;
  try {
    const made = await options.dm.addExperiment(
      {
        name: experiment.name,
        typeName: options.experimentType,
        description: experiment.proposalTitle,
        rootPath: experiment.yearMonth,
        ...(beamtime === undefined ? {} : { start: beamtime.start, end: beamtime.end }),
      },
      { signal },
    );
    return { experiment: made, isNew: true };
  } catch (error) {
    const answerLost = error instanceof UnavailableError && error.mayHaveHappened;
    if (signal.aborted || !(answerLost || error instanceof AlreadyExistsError)) throw error;
    // Made by somebody else between our two calls, or by us although the answer got lost: look, and never create twice.
    const found = await findExperiment(options.dm, experiment, signal).catch(() => undefined);
    if (found === undefined) throw error;
    return { experiment: found, isNew: answerLost };
  }
}

interface UserResult {
  /** Users that are on the experiment now. */
  readonly present: number;
  /** One piece of a sentence for each that is not. */
  readonly failures: readonly string[];
}

interface Membership {
  /** What was done so far, for whoever reads why it went no further. */
  readonly sentence: string;
  readonly experiment: DmExperiment;
  readonly people: readonly Person[];
}

/** @throws ActionError, CancelledError, both saying what was done before */
async function addUsers(options: InitDmOptions, context: ActionContext, membership: Membership): Promise<UserResult> {
  const { experiment, people } = membership;
  const badges = new Set(people.map(({ badge }) => badge).filter((badge) => badge !== ""));
  const already = new Set(experiment.usernames);
  let present = 0;
  const failures: string[] = [];
  try {
    for (const badge of badges) {
      context.signal.throwIfAborted();
      const isMember = already.has(dmUsername(badge));
      const problem = isMember ? undefined : await addUser(options.dm, badge, experiment.name, context.signal);
      if (problem === undefined) present++;
      else failures.push(problem);
      context.publish("UsersAdded", present);
      context.publish("UsersFailed", failures.length);
    }
  } catch (error) {
    const done = `${membership.sentence} and ${present} of ${badges.size} users are on it`;
    if (context.signal.aborted)
      throw new CancelledError(`${messageOf(context.signal.reason)} ${done}; run Init again for the others.`);
    if (error instanceof ActionError) throw new ActionError(`${done}; run Init again for the others`, { cause: error });
    throw error;
  }
  return { present, failures };
}

/** @returns what went wrong, or undefined when the user is on the experiment */
async function addUser(
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
