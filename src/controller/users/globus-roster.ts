/**
 * The users of an experiment on a Globus collection: whom an access rule lets read the experiment's directory. An entry
 * is a Globus user name, which often is an e-mail address, or a badge number of somebody whose address the schedule,
 * the safety form or the settings know.
 */
import { visible } from "../../base/clean-text.ts";
import { directoryParts } from "../experiment.ts";
import type { AccessGrant, AccessRules } from "../ports/access-rules.ts";
import { AccessDeniedError, type CallOptions, NotFoundError, UnavailableError } from "../ports/call.ts";
import type { ActionContext } from "../run/action.ts";
import { findPeople, type People, type PeopleOptions, type Person, personName } from "./people.ts";
import { failed, isBadge, type ListedUser, ownFailure, type Roster, type UserChange } from "./roster.ts";

export interface GlobusRosterOptions {
  readonly access: AccessRules;
  /** Levels below the collection's top, e.g. `{ym}/{exp}`. */
  readonly template: string;
  readonly people: PeopleOptions;
}

/** Failures that every other user would meet, too: the collection lets nobody in, or does not answer. */
const FOR_ALL = [AccessDeniedError, UnavailableError];

/** A person as Globus knows them. */
interface GlobusUser {
  readonly username: string;
  /** For operators. */
  readonly who: string;
}

export function globusRoster(options: GlobusRosterOptions): Roster {
  const { access, template } = options;
  return {
    serverName: access.name,
    open: (context) => {
      const { experiment, signal } = context;
      const parts = directoryParts(template, experiment);
      const logins = new Logins(options.people, context);
      let grants: Promise<readonly AccessGrant[]> | undefined;
      return Promise.resolve({
        experimentName: experiment.name,
        add: async (entry) => {
          const login = await logins.of(entry);
          return typeof login === "string" ? failed(login) : letRead(access, parts, login, { signal });
        },
        remove: async (entry) => {
          const login = await logins.of(entry);
          if (typeof login === "string") return failed(login);
          const rules = (await (grants ??= access.list(parts, { signal }))).filter((one) => isOf(one, login));
          const change = await takeAway(access, rules, login, { signal });
          const isContact = options.people.contacts.some(({ email }) => same(email, login.username));
          return isContact && change.state === "changed"
            ? { ...change, line: `${change.line}; it is a beamline contact, whom Init adds again` }
            : change;
        },
        list: async () => (await access.list(parts, { signal })).map(listed),
      });
    },
  };
}

/**
 * Lets a person read the directory.
 * @throws ActionError when the collection lets nobody in, or Globus does not answer
 */
export async function letRead(
  access: AccessRules,
  parts: readonly string[],
  { username, who }: GlobusUser,
  call: CallOptions,
): Promise<UserChange> {
  try {
    const state = await access.grant(parts, username, call);
    return state === "Created"
      ? { state: "changed", line: `${who}: added` }
      : { state: "already", line: `${who}: was on it already` };
  } catch (error) {
    return failed(`${who}: ${ownFailure(error, call.signal, FOR_ALL)}`);
  }
}

/** As Globus may know the person; undefined for a person without an address. */
export const loginOf = (person: Person): GlobusUser | undefined =>
  person.email === undefined ? undefined : { username: person.email, who: described(person, person.email) };

const described = (person: Person, email: string): string => {
  const name = personName(person);
  return name === email ? email : `${name} (${email})`;
};

async function takeAway(
  access: AccessRules,
  rules: readonly AccessGrant[],
  { who }: GlobusUser,
  call: CallOptions,
): Promise<UserChange> {
  let gone = 0;
  for (const { id } of rules) {
    try {
      await access.revoke(id, call);
      gone++;
    } catch (error) {
      if (error instanceof NotFoundError) continue; // somebody else was faster
      return failed(`${who}: ${ownFailure(error, call.signal, FOR_ALL)}`);
    }
  }
  return gone === 0
    ? { state: "already", line: `${who}: was not on it` }
    : { state: "changed", line: `${who}: removed` };
}

/** Reads entries of EditUserBadge; whose the badges are is asked once, at the first badge. */
class Logins {
  readonly #people: PeopleOptions;
  readonly #context: ActionContext;
  #found: Promise<People> | undefined;

  constructor(people: PeopleOptions, context: ActionContext) {
    this.#people = people;
    this.#context = context;
  }

  /** @returns what is wrong with the entry, when something is */
  async of(entry: string): Promise<GlobusUser | string> {
    if (/^[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+$/.test(entry)) return { username: entry, who: entry };
    if (!isBadge(entry)) return `${visible(entry)} is neither a badge number nor a Globus user name or e-mail address`;
    const { experiment, signal } = this.#context;
    this.#found ??= findPeople(this.#people, experiment, this.#context, { signal });
    const { people, problems } = await this.#found;
    const person = people.find(({ badge }) => badge === entry);
    if (person !== undefined) {
      return (
        loginOf(person) ??
        `badge ${entry} ${personName(person)} has no e-mail address; write the Globus user name instead`
      );
    }
    const why = problems.length === 0 ? "" : ` (${problems.join("; ")})`;
    return `badge ${entry} is not among the experimenters and the contacts${why}; write the Globus user name instead`;
  }
}

function listed({ username, name = "", email = "", permissions }: AccessGrant): ListedUser {
  const details = [
    `Globus user ${username}`,
    ...(email === "" ? [] : [email]),
    ...(permissions === "r" ? [] : [`may write, too (${permissions})`]),
  ];
  return {
    name: name || username,
    lastName: name.split(/\s+/).at(-1) ?? "",
    badge: 0,
    email,
    line: [...(name === "" ? [] : [name]), ...details].join(", "),
  };
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
const isOf = ({ username, email = "" }: AccessGrant, login: GlobusUser): boolean =>
  same(username, login.username) || same(email, login.username);
