/**
 * Init on a Globus collection: the experiment's directory chain, and access rules that let its people read it. There is
 * no experiment to create. The message names people without an e-mail address: AddUser lets them in by their Globus
 * user name.
 */

import { messageOf } from "../../base/errors.ts";
import { directoryParts, pathUnder } from "../experiment.ts";
import type { AccessRules } from "../ports/access-rules.ts";
import type { DirectoryTree } from "../ports/directories.ts";
import { ANSWERS } from "../pvs/row.ts";
import type { Action, ActionContext } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import type { ActionResult } from "../run/outcome.ts";
import { letRead, loginOf } from "../users/globus-roster.ts";
import { findPeople, otherPi, type PeopleOptions, personName, sayEsafOnly } from "../users/people.ts";
import { changeUsers, countOf, failuresOf, type UserChange } from "../users/roster.ts";

export interface InitGlobusOptions {
  readonly tree: DirectoryTree;
  /** Levels below the collection's top, e.g. `{ym}/{exp}`. */
  readonly template: string;
  /** Undefined: nobody is let in. */
  readonly share?: { readonly access: AccessRules; readonly people: PeopleOptions } | undefined;
}

export function initOnGlobus(options: InitGlobusOptions): Action {
  return {
    plan: ({ experiment }) => [
      `would make ${place(options, directoryParts(options.template, experiment))}`,
      ...(options.share === undefined
        ? []
        : [`would let the experimenters of proposal ${experiment.proposalNumber} and the beamline contacts read it`]),
    ],
    run: (context) => initialise(options, context),
  };
}

const place = ({ tree }: InitGlobusOptions, parts: readonly string[]): string =>
  `${tree.name}:${pathUnder(tree.top, parts)}/`;

async function initialise(options: InitGlobusOptions, context: ActionContext): Promise<ActionResult> {
  const { experiment, signal, publish } = context;
  publish("ExperimentCreated", 0);
  publish("UsersAdded", 0);
  publish("UsersFailed", 0);
  const parts = directoryParts(options.template, experiment);
  const state = await options.tree.makeDirectories(parts, { signal });
  publish("ExperimentExists", ANSWERS.indexOf("Yes"));
  publish("ExperimentCreated", state === "Created" ? 1 : 0);
  const sentence = `${place(options, parts)} ${state === "Created" ? "was made" : "exists"}`;
  if (options.share === undefined) return { state: "Done", message: `${sentence}.` };
  context.say(`${sentence}.`);
  return letPeopleRead(options.share, context, { sentence, parts });
}

interface Made {
  readonly sentence: string;
  readonly parts: readonly string[];
}

const readers = (changes: readonly UserChange[]): number => countOf(changes, "changed", "already");

/** The directory is there by now: a failure here makes Init partial. @throws CancelledError */
async function letPeopleRead(
  { access, people: options }: NonNullable<InitGlobusOptions["share"]>,
  context: ActionContext,
  { sentence, parts }: Made,
): Promise<ActionResult> {
  const { experiment, signal, publish } = context;
  const everybody = await findPeople(options, experiment, context, { signal });
  const { people, problems } = everybody;
  sayEsafOnly(everybody, context.say);
  const other = otherPi(experiment, everybody.beamtime);
  if (other !== undefined) context.say(`${experiment.name}: ${other}.`, "MINOR");
  const logins = people.flatMap((person) => loginOf(person) ?? []);
  const soFar = (changes: readonly UserChange[]): string =>
    `${sentence} and ${readers(changes)} of ${logins.length} users may read it`;
  let published: readonly UserChange[] = [];
  try {
    const changes = await changeUsers(context, logins, (login) => letRead(access, parts, login, { signal }), {
      command: "Init",
      publish: (some) => {
        published = some;
        publish("UsersAdded", readers(some));
        publish("UsersFailed", countOf(some, "failed"));
      },
      soFar,
    });
    const without = people.filter((person) => loginOf(person) === undefined).map(personName);
    const noAddress = without.length === 0 ? "" : `; without an e-mail address: ${without.join(", ")}`;
    const missing = [...problems, ...failuresOf(changes)];
    const message = `${soFar(changes)}${noAddress}${other === undefined ? "" : `; ${other}`}`;
    return missing.length === 0
      ? { state: "Done", message: `${message}.` }
      : { state: "Partial", message: `${message}, but ${missing.join("; ")}.` };
  } catch (error) {
    const failure = serviceFailure(error, signal);
    publish("UsersFailed", logins.length - readers(published));
    return { state: "Partial", message: messageOf(failure) };
  }
}
