/** Init on a Data Management server: the experiment, found or created, and its users: the proposal's experimenters and the beamline contacts. */
import type { Action, ActionContext } from "../action.ts";
import {
  addUsers,
  createExperiment,
  dmUsername,
  experimentNames,
  findExperiment,
  type MembershipResult,
} from "../dm-experiments.ts";
import type { ActionResult } from "../outcome.ts";
import { findPeople, type PeopleOptions } from "../people.ts";
import type { DataManagement } from "../ports.ts";

export interface InitDmOptions {
  readonly dm: DataManagement;
  readonly people: PeopleOptions;
  /** Experiment type as the station defines it. */
  readonly experimentType: string;
  /** As operators know the server. */
  readonly serverName: string;
}

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
  const { dm } = options;
  publish("ExperimentCreated", 0);
  publish("UsersAdded", 0);
  publish("UsersFailed", 0);
  const names = experimentNames(experiment);
  const found = await findExperiment(dm, names, signal);
  publish("ExperimentExists", found === undefined ? 0 : 1);
  const { people, beamtime, scheduleError, problems } = await findPeople(options.people, experiment, context, {
    signal,
  });
  // A new experiment needs its beamtime for its dates; one that exists can get its contacts without.
  if (found === undefined && scheduleError !== undefined) throw scheduleError;
  const wanted = {
    name: experiment.name,
    typeName: options.experimentType,
    description: experiment.proposalTitle,
    rootPath: experiment.yearMonth,
    ...(beamtime === undefined ? {} : { start: beamtime.start, end: beamtime.end }),
  };
  const made =
    found === undefined ? await createExperiment(dm, wanted, names, signal) : { experiment: found, isNew: false };
  publish("ExperimentExists", 1);
  publish("ExperimentCreated", made.isNew ? 1 : 0);
  const sentence = `Experiment ${made.experiment.name} ${made.isNew ? "was created" : "exists"} on ${options.serverName}`;
  context.say(`${sentence}.`);
  const progress = ({ present, failures }: MembershipResult): void => {
    publish("UsersAdded", present);
    publish("UsersFailed", failures.length);
  };
  const membership = {
    sentence,
    command: "Init",
    experiment: made.experiment,
    badges: people.map(({ badge }) => badge),
  };
  const users = await addUsers(dm, membership, progress, signal);
  const missing = [
    ...(scheduleError === undefined ? problems : [`the experimenters were not added: ${problems.join("; ")}`]),
    ...users.failures,
  ];
  const present = `${sentence}; ${users.present} users are on it`;
  return missing.length === 0
    ? { state: "Done", message: `${present}.` }
    : { state: "Partial", message: `${present}, but ${missing.join("; ")}.` };
}
