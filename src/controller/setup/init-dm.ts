/**
 * Init on a Data Management server: the experiment, found or created, and its users: the proposal's experimenters and
 * the beamline contacts.
 */

import type { DataManagement, DmExperiment } from "../ports/data-management.ts";
import { ANSWERS } from "../pvs/row.ts";
import type { Action, ActionContext } from "../run/action.ts";
import type { ActionResult } from "../run/outcome.ts";
import { dmUsername, putOn } from "../users/dm-roster.ts";
import {
  findPeople,
  fullName,
  otherPi,
  type PeopleOptions,
  type Person,
  personName,
  sayEsafOnly,
} from "../users/people.ts";
import { changeUsers, countOf, failuresOf, type UserChange } from "../users/roster.ts";
import { createExperiment, findExperiment } from "./dm-experiment.ts";

export interface InitDmOptions {
  readonly dm: DataManagement;
  readonly people: PeopleOptions;
  /** Experiment type as the station defines it. */
  readonly experimentType: string;
  /** As operators know the server. */
  readonly serverName: string;
}

export function initOnDm(options: InitDmOptions): Action {
  const badges = options.people.contacts.map(({ badge }) => badge).filter((badge) => badge !== "");
  const contacts = [...new Set(badges)].map(dmUsername).join(", ");
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
  publish("ExperimentExists", ANSWERS.indexOf(found === undefined ? "No" : "Yes"));
  const everybody = await findPeople(options.people, experiment, context, { signal });
  const { people, beamtime, scheduleError, problems } = everybody;
  // A new experiment needs the beamtime for its dates; an existing experiment gets its contacts also without a
  // beamtime.
  if (found === undefined && scheduleError !== undefined) throw scheduleError;
  const wanted = {
    typeName: options.experimentType,
    ...(beamtime !== undefined && { start: beamtime.start, end: beamtime.end }),
  };
  const made =
    found === undefined
      ? await createExperiment(options.dm, experiment, wanted, signal)
      : { experiment: found, isNew: false };
  publish("ExperimentExists", ANSWERS.indexOf("Yes"));
  publish("ExperimentCreated", made.isNew ? 1 : 0);
  const sentence = `Experiment ${made.experiment.name} ${made.isNew ? "was created" : "exists"} on ${options.serverName}`;
  context.say(`${sentence}.`);
  sayEsafOnly(everybody, context.say);
  const changes = await addPeople(options, context, { sentence, experiment: made.experiment, people });
  const missing = [
    ...(scheduleError === undefined ? problems : [`the experimenters were not added: ${problems.join("; ")}`]),
    ...failuresOf(changes),
  ];
  const other = otherPi(experiment, beamtime);
  if (other !== undefined) context.say(`${made.experiment.name}: ${other}.`, "MINOR");
  const present = `${sentence}; ${presentOf(changes)} users are on it${other === undefined ? "" : `; ${other}`}`;
  return missing.length === 0
    ? { state: "Done", message: `${present}.` }
    : { state: "Partial", message: `${present}, but ${missing.join("; ")}.` };
}

/** Users that are on the experiment now. */
const presentOf = (changes: readonly UserChange[]): number => countOf(changes, "changed", "already");

interface Membership {
  /** What was done so far, for the message of a run that broke off. */
  readonly sentence: string;
  readonly experiment: DmExperiment;
  readonly people: readonly Person[];
}

function addPeople(
  { dm }: InitDmOptions,
  context: ActionContext,
  { sentence, experiment, people }: Membership,
): Promise<readonly UserChange[]> {
  const { signal, publish } = context;
  const add = async (person: Person): Promise<UserChange> =>
    person.badge === ""
      ? { state: "failed", line: `${personName(person)} has no badge number` }
      : putOn({ dm, experiment, signal }, { badge: person.badge, name: fullName(person) });
  return changeUsers(context, people, add, {
    command: "Init",
    publish: (changes) => {
      publish("UsersAdded", presentOf(changes));
      publish("UsersFailed", countOf(changes, "failed"));
    },
    soFar: (changes) => `${sentence} and ${presentOf(changes)} of ${people.length} users are on it`,
  });
}
