/**
 * AddUser, RemoveUser and ListUsers, on any server that keeps users (roster.ts). Several users at once: a user that
 * fails does not stop the others, and UserResults tells of each. The users are listed anew after a change, and after
 * Init, whose own work is elsewhere.
 */

import { onePerLine } from "../../base/clean-text.ts";
import { ActionError, clauseOf } from "../../base/errors.ts";
import { EDIT_USER_CHARACTERS } from "../pvs/users.ts";
import {
  type Action,
  type ActionContext,
  type ActionRequest,
  type Actions,
  type RunContext,
  textInput,
} from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import { type ActionResult, InputError } from "../run/outcome.ts";
import {
  changeUsers,
  countOf,
  failuresOf,
  type ListedUser,
  type OpenRoster,
  type Roster,
  type UserChange,
} from "./roster.ts";

interface Change {
  readonly command: "AddUser" | "RemoveUser";
  readonly change: (roster: OpenRoster, entry: string) => Promise<UserChange>;
  /** As in "2 users were put on it". */
  readonly verb: string;
  /** As in "would put 208112 on it". */
  readonly plan: string;
  readonly already: string;
}

/**
 * The lists of one server's users, by number: the list asked for last, and the list that the PVs show. ListUsers runs
 * beside the commands that change users.
 */
interface ListOrder {
  asked: number;
  shown: number;
}

/**
 * The actions on the users of one server.
 * @param init of the same server; the users are listed after it
 */
export function userActions(
  roster: Roster,
  init?: Action,
): Required<Pick<Actions, "AddUser" | "RemoveUser" | "ListUsers">> & Pick<Actions, "Init"> {
  const order: ListOrder = { asked: 0, shown: 0 };
  return {
    ...(init !== undefined && { Init: listedAfter(init, roster, order) }),
    AddUser: changeAction(roster, order, {
      command: "AddUser",
      change: (open, entry) => open.add(entry),
      verb: "put on",
      plan: "put ENTRIES on",
      already: "on it already",
    }),
    RemoveUser: changeAction(roster, order, {
      command: "RemoveUser",
      change: (open, entry) => open.remove(entry),
      verb: "taken off",
      plan: "take ENTRIES off",
      already: "not on it",
    }),
    ListUsers: listUsers(roster, order),
  };
}

const listedAfter = (init: Action, roster: Roster, order: ListOrder): Action => ({
  plan: init.plan,
  run: async (context) => {
    const result = await init.run(context);
    try {
      const problem = await refresh(() => roster.open(context), order, context);
      if (problem !== undefined) context.say(`After Init ${problem}.`);
    } catch (thrown) {
      if (!context.signal.aborted) throw thrown; // what Init has done is done, and ListUsers lists them
    }
    return result;
  },
});

function listUsers(roster: Roster, order: ListOrder): Action {
  return {
    plan: ({ experiment }) => [`would read who is on ${experiment.name} on ${roster.serverName}`],
    run: async (context) => {
      const open = await roster.open(context);
      const users = await publishUsers(open, order, context);
      const problems = users.flatMap(({ problem }) => problem ?? []);
      const sentence = `${people(users.length, "is", "are")} on ${open.experimentName} on ${roster.serverName}`;
      return problems.length === 0
        ? { state: "Done", message: `${sentence}.` }
        : { state: "Partial", message: `${sentence}, but not everything is known of them: ${problems.join("; ")}.` };
    },
  };
}

function changeAction(roster: Roster, order: ListOrder, change: Change): Action {
  return {
    plan: (request) => {
      const entries = entriesOf(request).join(", ");
      const place = `${request.experiment.name} on ${roster.serverName}`;
      return [`would ${change.plan.replace("ENTRIES", () => entries)} ${place}`];
    },
    run: (context) => run({ roster, order }, change, context),
  };
}

async function run(
  { roster, order }: { readonly roster: Roster; readonly order: ListOrder },
  words: Change,
  context: ActionContext,
): Promise<ActionResult> {
  const { publish } = context;
  const entries = entriesOf(context);
  publish("UserResults", "");
  const open = await roster.open(context);
  const changes = await changeUsers(context, entries, (entry) => words.change(open, entry), {
    command: words.command,
    publish: (soFar) => {
      publish("UsersChanged", countOf(soFar, "changed"));
      publish("UserErrors", countOf(soFar, "failed"));
      publish("UserResults", onePerLine(soFar.map(({ line }) => line)));
    },
    soFar: (soFar) => summary(words, open.experimentName, soFar),
  });
  const sentence = summary(words, open.experimentName, changes);
  if (countOf(changes, "failed") === changes.length) throw new ActionError(`${sentence}.`);
  const problem = await refresh(async () => open, order, context);
  const isWhole = countOf(changes, "failed") === 0 && problem === undefined;
  return { state: isWhole ? "Done" : "Partial", message: `${[sentence, problem].filter(Boolean).join("; ")}.` };
}

/** The entries of EditUserBadge, each once. @throws InputError when there is none, or when some may be cut off */
function entriesOf(request: ActionRequest): readonly string[] {
  const text = textInput(request, "EditUserBadge");
  // Of a longer text the PV holds the beginning alone, perhaps with half a badge at its end.
  if (request.isUncut !== true && text.length >= EDIT_USER_CHARACTERS)
    throw new InputError(
      "EditUserBadge",
      `EditUserBadge is full with ${text.length} characters, so its end may be missing; write fewer users at once.`,
    );
  const entries = new Set(
    text
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
  );
  if (entries.size > 0) return [...entries];
  throw new InputError("EditUserBadge", "EditUserBadge is empty: name one user or several, separated by commas.");
}

/** @returns what went wrong, when the change is done but the list cannot be read */
async function refresh(
  open: () => Promise<OpenRoster>,
  order: ListOrder,
  context: RunContext,
): Promise<string | undefined> {
  try {
    await publishUsers(await open(), order, context);
    return undefined;
  } catch (error) {
    return `the list of users could not be read again: ${clauseOf(serviceFailure(error, context.signal))}`;
  }
}

/** Reads the list and shows it, unless a list that was asked for later is shown already. */
async function publishUsers(
  open: OpenRoster,
  order: ListOrder,
  { publish, signal }: RunContext,
): Promise<readonly ListedUser[]> {
  const place = ++order.asked;
  const found = await open.list();
  signal.throwIfAborted();
  const users = [...found].sort(byLastName);
  if (place < order.shown) return users;
  order.shown = place;
  publish("Users", onePerLine(users.map(({ line }) => line)));
  publish(
    "UserNames",
    users.map(({ name }) => name),
  );
  publish(
    "UserBadges",
    users.map(({ badge }) => badge),
  );
  publish(
    "UserEmails",
    users.map(({ email }) => email),
  );
  publish("UserCount", users.length);
  return users;
}

/** Users without a last name come last. */
function byLastName(one: ListedUser, other: ListedUser): number {
  const unnamed = Number(one.lastName === "") - Number(other.lastName === "");
  return unnamed || one.lastName.localeCompare(other.lastName, "en") || one.name.localeCompare(other.name, "en");
}

function summary({ verb, already }: Change, experimentName: string, changes: readonly UserChange[]): string {
  const [changed, before] = [countOf(changes, "changed"), countOf(changes, "already")];
  return [
    `${people(changed, "was", "were")} ${verb} ${experimentName}`,
    ...(before === 0 ? [] : [`${before} ${before === 1 ? "was" : "were"} ${already}`]),
    ...failuresOf(changes),
  ].join("; ");
}

const people = (count: number, one: string, several: string): string =>
  `${count === 0 ? "No" : count} ${count === 1 ? "user" : "users"} ${count === 1 ? one : several}`;
