/**
 * Who belongs to an experiment: the experimenters of its proposal, the users of its safety form (ESAF), and both
 * beamline contacts, each person once. What cannot be found out is told beside the rest. Writes nothing.
 */

import { ActionError, clauseOf } from "../../base/errors.ts";
import { cleanName, type Experiment } from "../experiment.ts";
import { type CallOptions, NotFoundError } from "../ports/call.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { Beamtime, Experimenter } from "../ports/scheduling.ts";
import type { ActionRequest } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import { beamtimeOf, hasProposal, type Schedule } from "../tagging/beamtimes.ts";

export interface Person {
  /** Digits; empty where no badge is known. */
  readonly badge: string;
  readonly firstName: string;
  readonly lastName: string;
  /** In lower case. */
  readonly email?: string;
}

/** A beamline contact, as the settings have it. */
export interface Contact {
  readonly badge: string;
  /** Empty: none. */
  readonly email: string;
}

export interface PeopleOptions {
  readonly schedule: Schedule;
  /** Where the station's safety forms are read; undefined: nowhere. */
  readonly esafs: DataManagement["esafs"] | undefined;
  /** The primary contact first. */
  readonly contacts: readonly Contact[];
}

export interface People {
  /** Contacts first. */
  readonly people: readonly Person[];
  /** The people whom the safety form alone names; none while the proposal's experimenters are not known. */
  readonly esafOnly: readonly Person[];
  readonly beamtime?: Beamtime;
  /** Why there is no beamtime although there is a proposal; also among the problems. */
  readonly scheduleError?: ActionError;
  /** Why people may be missing, each the rest of a sentence, without a full stop. */
  readonly problems: readonly string[];
}

/** Empty where no name is known. */
export const fullName = ({ firstName, lastName }: Pick<Person, "firstName" | "lastName">): string =>
  `${firstName} ${lastName}`.trim();

/** How a person is named to operators. */
export const personName = (person: Person): string =>
  fullName(person) || (person.badge === "" ? (person.email ?? "") : `badge ${person.badge}`);

/** 0 is how services and settings say that there is no badge. */
export const badgeOf = (badge: string): string => (/^0*$/.test(badge) ? "" : badge);

/**
 * What is strange about the name that an experiment bears, a piece of a sentence: the name is not that of the
 * proposal's PI. Accents, case, hyphens, and ä written as ae make no difference. An experiment for another group within
 * a beamtime is named so on purpose: the difference is told and refuses nothing.
 */
export function otherPi(
  { piLastName, proposalNumber }: Pick<Experiment, "piLastName" | "proposalNumber">,
  beamtime: Pick<Beamtime, "experimenters"> | undefined,
): string | undefined {
  const isNamed = ({ lastName }: Experimenter): boolean => spellings(lastName).has(plain(piLastName));
  const pis = beamtime?.experimenters.filter(({ isPi }) => isPi) ?? [];
  if (piLastName === "" || pis.length === 0 || pis.some(isNamed)) return undefined;
  const names = pis.map(personName).join(" and ");
  const role = beamtime?.experimenters.some(isNamed) === true ? " is one of its experimenters and" : "";
  return `the PI of proposal ${proposalNumber} is ${names}: ${piLastName}, after whom it is named,${role} is not; correct UserLastName or ProposalNumber if that is a mistake`;
}

/** The same text for all ways in which systems write one name. */
const plain = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .replace(/([aou])e/g, "$1");
const LETTERS: Readonly<Record<string, string>> = { ß: "ss", ø: "o", æ: "a", œ: "o", ł: "l", đ: "d" };
/**
 * A last name with the letters that have no decomposition dropped, as in cleaned names, and with these letters written
 * out.
 */
function spellings(lastName: string): ReadonlySet<string> {
  const cleaned = cleanName(lastName);
  const written = lastName.toLowerCase().replace(/[ßøæœłđ]/g, (letter) => LETTERS[letter] ?? "");
  return new Set([plain(cleaned.ok ? cleaned.text : lastName), plain(written)]);
}

const contactPeople = (contacts: readonly Contact[]): readonly Person[] =>
  eachOnce(
    contacts.map(({ badge, email }) => ({
      badge: badgeOf(badge),
      firstName: "",
      lastName: "",
      ...(email !== "" && { email: email.toLowerCase() }),
    })),
  );

/** Never fails but when aborted: a schedule or a safety form that cannot be read is a problem of the result. */
export async function findPeople(
  options: PeopleOptions,
  experiment: Experiment,
  request: ActionRequest,
  call: CallOptions,
): Promise<People> {
  const attempt = async <T>(work: () => Promise<T>): Promise<T | ActionError> => {
    try {
      return await work();
    } catch (thrown) {
      return serviceFailure(thrown, call.signal);
    }
  };
  const schedule = hasProposal(experiment)
    ? await attempt(() => beamtimeOf(options.schedule, experiment, request, call))
    : undefined;
  const beamtime = schedule instanceof ActionError ? undefined : schedule;
  const esafId = [experiment.esafNumber, beamtime?.esafId].find((one) => one !== undefined && /^\d+$/.test(one));
  const { esafs } = options;
  const esafUsers =
    esafId === undefined || esafs === undefined
      ? []
      : await attempt(() => usersOfEsaf(esafs, experiment, esafId, call));
  const proposed = [...contactPeople(options.contacts), ...(beamtime?.experimenters ?? []).map(personOf)];
  const errors = [schedule, esafUsers].filter((one) => one instanceof ActionError);
  const people = eachOnce([...proposed, ...(esafUsers instanceof ActionError ? [] : esafUsers.map(personOf))]);
  const isProposed = new Set(proposed.map(keyOf));
  return {
    people,
    esafOnly: beamtime === undefined ? [] : people.filter((person) => !isProposed.has(keyOf(person))),
    problems: errors.map((error) => clauseOf(error)),
    ...(beamtime !== undefined && { beamtime }),
    ...(schedule instanceof ActionError && { scheduleError: schedule }),
  };
}

const personOf = ({ badge, firstName, lastName, email }: Experimenter): Person => ({
  badge: badgeOf(badge),
  firstName,
  lastName,
  ...(email !== undefined && { email: email.toLowerCase() }),
});

/** Tells operators of the people whom the safety form alone names. */
export function sayEsafOnly({ esafOnly }: People, say: (sentence: string) => void): void {
  if (esafOnly.length > 0) say(`On the safety form, but not on the proposal: ${esafOnly.map(personName).join(", ")}.`);
}

async function usersOfEsaf(
  esafs: DataManagement["esafs"],
  experiment: Experiment,
  esafId: string,
  call: CallOptions,
): Promise<readonly Experimenter[]> {
  const year = Number(experiment.yearMonth.slice(0, 4));
  const found = (await esafs(year, call)).find((one) => Number(one.esafId) === Number(esafId));
  if (found === undefined) throw new NotFoundError(`ESAF ${esafId} is not among the station's of ${year}`);
  return found.users;
}

const keyOf = (person: Person): string => (person.badge === "" ? (person.email ?? personName(person)) : person.badge);

/** One entry for each badge, or e-mail address where there is no badge; entries of one person complete each other. */
export function eachOnce(people: readonly Person[]): readonly Person[] {
  const known = new Map<string, Person>();
  for (const person of people) {
    const key = keyOf(person);
    const before = known.get(key);
    known.set(key, before === undefined ? person : { ...person, ...withoutEmpty(before) });
  }
  return [...known.values()].filter(({ badge, email }) => badge !== "" || email !== undefined);
}

const withoutEmpty = (person: Person): Partial<Person> =>
  Object.fromEntries(Object.entries(person).filter(([, value]) => value !== ""));
