/** Init on a Data Management server: the experiment, found or created, and its users: the proposal's experimenters and the beamline contacts. */
import { ActionError, CancelledError, messageOf } from "../../base/errors.ts";
import type { Action, ActionContext } from "../action.ts";
import { type Experiment, visible } from "../experiment.ts";
import type { ActionResult } from "../outcome.ts";
import {
  AlreadyExistsError,
  type Beamtime,
  type DataManagement,
  type DmExperiment,
  NotFoundError,
  type Scheduling,
  UnavailableError,
} from "../ports.ts";

export interface InitDmOptions {
  readonly dm: DataManagement;
  readonly scheduling: Scheduling;
  /** Experiment type as the station defines it. */
  readonly experimentType: string;
  /** Badges of the beamline's contacts; they are put on every experiment. */
  readonly contactBadges: readonly string[];
  /** The time whose run and beamtimes count: now, moved by the configured days. */
  readonly scheduleTime: () => Date;
  /** As operators know the server and the beamline. */
  readonly serverName: string;
  readonly beamline: string;
}

/** Users of Data Management are called `d` and their badge. */
export const dmUsername = (badge: string): string => `d${badge}`;

/** Time without a proposal, by the facility's convention. */
const NO_PROPOSAL = /^0+$/;

export function initOnDm(options: InitDmOptions): Action {
  return {
    plan: (experiment) => [
      `would look for experiment ${experiment.name} on ${options.serverName} and create it (type ${options.experimentType}, root ${experiment.yearMonth}) if there is none`,
      `would put the experimenters of proposal ${experiment.proposalNumber} and ${options.contactBadges.map(dmUsername).join(", ")} on it`,
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
  const schedule = await readSchedule(options, experiment, found !== undefined, signal);
  const made =
    found === undefined ? await create(options, context, schedule.beamtime) : { experiment: found, isNew: false };
  publish("ExperimentExists", 1);
  publish("ExperimentCreated", made.isNew ? 1 : 0);
  const sentence = `Experiment ${made.experiment.name} ${made.isNew ? "was created" : "exists"} on ${options.serverName}`;
  context.say(`${sentence}.`);
  const users = await addUsers(options, context, {
    sentence,
    experiment: made.experiment,
    beamtime: schedule.beamtime,
  });
  const missing = [
    ...(schedule.problem === undefined ? [] : [`the experimenters were not added: ${schedule.problem}`]),
    ...users.failures,
  ];
  const present = `${sentence}; ${users.present} users are on it`;
  return missing.length === 0
    ? { state: "Done", message: `${present}.` }
    : { state: "Partial", message: `${present}, but ${missing.join("; ")}.` };
}

/** By the name in use today, then by the one that the original program gave; undefined only if the service says that there is neither. */
async function findExperiment(
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

interface ScheduleResult {
  readonly beamtime?: Beamtime;
  /** Why there is none although there should be; without a full stop. */
  readonly problem?: string;
}

/**
 * The proposal's beamtime. A new experiment needs it for its dates and users, so that its lack is an error; one that exists can get its contacts without it.
 */
async function readSchedule(
  options: InitDmOptions,
  experiment: Experiment,
  exists: boolean,
  signal: AbortSignal,
): Promise<ScheduleResult> {
  if (NO_PROPOSAL.test(experiment.proposalNumber)) return {};
  try {
    return { beamtime: await findBeamtime(options, experiment, signal) };
  } catch (error) {
    if (!exists || signal.aborted || !(error instanceof ActionError)) throw error;
    return { problem: messageOf(error).replace(/\.$/, "") };
  }
}

/** @throws ActionError when the schedule has no beamtime of this proposal */
async function findBeamtime(options: InitDmOptions, experiment: Experiment, signal: AbortSignal): Promise<Beamtime> {
  const at = options.scheduleTime();
  const beamtimes = await options.scheduling.beamtimes(at, { signal });
  const own = beamtimes.filter(
    (one) => one.gupId !== undefined && Number(one.gupId) === Number(experiment.proposalNumber),
  );
  const now = own.find((one) => one.start <= at && at <= one.end) ?? own[0];
  if (now !== undefined) return now;
  throw new ActionError(
    `proposal ${experiment.proposalNumber} has no beamtime at ${options.beamline} in the present run; check ProposalNumber, or beamline and set in the [scheduling] section`,
  );
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
  readonly beamtime: Beamtime | undefined;
}

/** @throws ActionError, CancelledError, both saying what was done before */
async function addUsers(options: InitDmOptions, context: ActionContext, membership: Membership): Promise<UserResult> {
  const { experiment, beamtime } = membership;
  const wanted = [...options.contactBadges, ...(beamtime?.experimenters ?? []).map((one) => one.badge)];
  const badges = new Set(wanted.filter((badge) => badge !== ""));
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
