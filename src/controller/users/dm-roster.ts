/**
 * The users of an experiment of Data Management: who has a role on the experiment. A username there is `d` and the
 * badge.
 */

import { visible } from "../../base/clean-text.ts";
import { clauseOf } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { AlreadyExistsError, NotFoundError, UnavailableError } from "../ports/call.ts";
import type { DataManagement, DmExperiment } from "../ports/data-management.ts";
import { serviceFailure } from "../run/failure.ts";
import { requireExperiment } from "../setup/dm-experiment.ts";
import { type Contact, fullName } from "./people.ts";
import { failed, isBadge, type ListedUser, ownFailure, type Roster, type UserChange } from "./roster.ts";

export interface DmRosterOptions {
  readonly dm: DataManagement;
  readonly serverName: string;
  readonly contacts: readonly Contact[];
}

/** Look-ups of users that are under way at once. */
export const LOOK_UPS = 4;

export const dmUsername = (badge: string): string => `d${badge}`;

export function dmRoster(options: DmRosterOptions): Roster {
  const { dm, serverName, contacts } = options;
  return {
    serverName,
    open: async ({ experiment, signal }) => {
      const found = await requireExperiment(options, experiment, signal);
      const membership: DmMembership = { dm, experiment: found, signal };
      return {
        experimentName: found.name,
        add: async (entry) => {
          const user = await lookUp(membership, entry);
          return typeof user === "string" ? failed(user) : putOn(membership, user);
        },
        remove: async (entry) => {
          const user = await lookUp(membership, entry, isOn(membership, entry) === true);
          if (typeof user === "string") return failed(user);
          const isContact = contacts.some(({ badge }) => badge === user.badge);
          return takeOff(membership, user, isContact ? "; it is a beamline contact, whom Init adds again" : "");
        },
        list: async () => {
          const { usernames = [] } = await dm.experimentByName(found.name, { signal });
          return fewAtATime(usernames, LOOK_UPS, (username) => listed(membership, username));
        },
      };
    },
  };
}

/** One experiment with the users who are on it. */
export interface DmMembership {
  readonly dm: DataManagement;
  readonly experiment: DmExperiment;
  readonly signal: AbortSignal;
}

interface Named {
  readonly badge: string;
  /** Empty where no name is known. */
  readonly name: string;
}

/**
 * Puts one user on the experiment, or leaves it alone where the user is on it already.
 * @throws ActionError when the service does not answer: it would not for the other users either
 */
export async function putOn(membership: DmMembership, user: Named): Promise<UserChange> {
  const { dm, experiment, signal } = membership;
  const { badge } = user;
  if (!isBadge(badge)) return failed(notABadge(badge));
  const already: UserChange = { state: "already", line: `${who(user)}: was on it already` };
  if (isOn(membership, badge) === true) return already;
  try {
    await dm.addUserToExperiment(dmUsername(badge), experiment.name, { signal });
    return { state: "changed", line: `${who(user)}: added` };
  } catch (error) {
    if (error instanceof AlreadyExistsError) return already;
    if (error instanceof NotFoundError) return failed(unknown(badge));
    return failed(`${who(user)}: ${ownFailure(error, signal, FOR_ALL)}`);
  }
}

async function takeOff(membership: DmMembership, user: Named, remark: string): Promise<UserChange> {
  const { dm, experiment, signal } = membership;
  const already: UserChange = { state: "already", line: `${who(user)}: was not on it` };
  if (isOn(membership, user.badge) === false) return already;
  try {
    await dm.removeUserFromExperiment(dmUsername(user.badge), experiment.name, { signal });
    return { state: "changed", line: `${who(user)}: removed${remark}` };
  } catch (error) {
    if (error instanceof NotFoundError) return already;
    return failed(`${who(user)}: ${ownFailure(error, signal, FOR_ALL)}`);
  }
}

/**
 * The user of a badge, or what is wrong with the badge.
 * @param unknownIsGood whether a badge that the service does not know counts as a user, without a name
 */
async function lookUp({ dm, signal }: DmMembership, badge: string, unknownIsGood = false): Promise<Named | string> {
  if (!isBadge(badge)) return notABadge(badge);
  try {
    return { badge, name: fullName(await dm.userByUsername(dmUsername(badge), { signal })) };
  } catch (error) {
    if (!(error instanceof NotFoundError)) return `${dmUsername(badge)}: ${ownFailure(error, signal, FOR_ALL)}`;
    return unknownIsGood ? { badge, name: "" } : unknown(badge);
  }
}

async function listed({ dm, signal }: DmMembership, username: string): Promise<ListedUser> {
  const badge = Number(/^d(\d+)$/.exec(username)?.[1] ?? 0);
  try {
    const user = await dm.userByUsername(username, { signal });
    const { email = "", lastName } = user;
    const name = fullName(user) || username;
    const line = `${name}, badge ${user.badge}, ${email === "" ? "no e-mail address" : email}`;
    return { name, lastName, badge: Number(user.badge) || badge, email, line };
  } catch (error) {
    const failure = serviceFailure(error, signal);
    const reason = failure instanceof NotFoundError ? "is unknown to Data Management" : clauseOf(failure);
    const problem = `${username}: ${reason}`;
    return { name: username, lastName: "", badge, email: "", line: problem, problem };
  }
}

/** Undefined where the service did not say who is on the experiment. */
const isOn = ({ experiment }: DmMembership, badge: string): boolean | undefined =>
  experiment.usernames?.includes(dmUsername(badge));

/** Failures that every other user would meet, too. */
const FOR_ALL = [UnavailableError];
const notABadge = (text: string): string => `${visible(text)} is not a badge number`;
const unknown = (badge: string): string => `badge ${badge} is unknown to Data Management`;
const who = ({ badge, name }: Named): string => `${dmUsername(badge)} ${name}`.trim();
