/**
 * To whom an e-mail goes: the users of the experiment or all people of the schedule, each address once, and a copy to
 * each beamline contact. In mode NewOnly users and contacts who had the e-mail are left out. An address of which nobody
 * knows whether it had the e-mail is mailed in mode Uncertain alone (decision 0019).
 */

import { fewAtATime } from "../../base/few-at-a-time.ts";
import { addressProblem } from "../../base/mail-address.ts";
import { NotFoundError, OffError, UnavailableError } from "../ports/call.ts";
import type { DataManagement, DmExperiment, DmUser } from "../ports/data-management.ts";
import type { MailLedger, MailRecord } from "../ports/ledger.ts";
import type { ActionContext } from "../run/action.ts";
import { RejectedError } from "../run/outcome.ts";
import { findExperiment, requireExperiment } from "../setup/dm-experiment.ts";
import { dmUsername, LOOK_UPS } from "../users/dm-roster.ts";
import { type Contact, findPeople, type PeopleOptions, type Person, personName } from "../users/people.ts";
import { ownFailure } from "../users/roster.ts";
import { plainAddress } from "./letter/checks.ts";
import type { Letter, Recipient } from "./letter/letter.ts";

export interface RecipientOptions {
  /** As operators know the server. */
  readonly serverName: string;
  /** Keeps the experiments and their users; undefined on a Globus collection, which has no users of its own. */
  readonly dm: DataManagement | undefined;
  readonly people: PeopleOptions;
  readonly ledger: MailLedger;
}

export interface BadAddress {
  /** Whose address it is. */
  readonly name: string;
  /** The address as it was found; hostile. */
  readonly email: string;
  /** The rest of a sentence that begins with the address. */
  readonly problem: string;
}

export interface Recipients {
  readonly recipients: readonly Recipient[];
  /** Recipients who had the e-mail before and get it again. */
  readonly again: number;
  /** Users left out because they had the e-mail. */
  readonly alreadyHad: number;
  /** Users whom the ledger knows to have had the e-mail, left out or not. */
  readonly recorded: readonly Recipient[];
  /** Users without an address, by name. */
  readonly withoutAddress: readonly string[];
  /** Users and contacts whose address is no e-mail address. */
  readonly badAddresses: readonly BadAddress[];
  /** Addresses of the experiment of which nobody knows whether they had the e-mail. */
  readonly uncertain: readonly string[];
  /** Why recipients may be missing, each the rest of a sentence. */
  readonly problems: readonly string[];
  /** What Data Management knows of the experiment. */
  readonly onDm: DmExperiment | undefined;
  /** What the ledger knows, by address. */
  readonly known: ReadonlyMap<string, MailRecord>;
}

/** @throws RejectedError when there is no experiment whose users could be mailed */
export async function findRecipients(
  options: RecipientOptions,
  context: ActionContext,
  { mode, audience }: Pick<Letter, "mode" | "audience">,
): Promise<Recipients> {
  const known = await options.ledger.mailed(context.experiment.name);
  const nobody = noRecipients(known);
  if (mode === "Test") return { ...nobody, recipients: [testContact(options.people.contacts)] };

  const { onDm, people, problems } = await findAudience(options, context, audience);
  const all = onePerAddress(people, options.people.contacts);
  const mailable = all.recipients.filter(({ address }) => isUncertain(known.get(address)) === (mode === "Uncertain"));
  const had = hadBefore(known, onDm);
  const wanted = mailable.filter((one) => mode !== "NewOnly" || !had(one));
  const users = wanted.filter(({ isContact }) => !isContact);
  const alreadyHad = mailable.filter(({ isContact }) => !isContact).length - users.length;
  // Contacts get a copy only where users get the e-mail; in mode Uncertain a copy may go alone.
  const hasCopies = mode === "Uncertain" || users.length + alreadyHad > 0;
  const recipients = [...users, ...(hasCopies ? wanted.filter(({ isContact }) => isContact) : [])];
  return {
    ...nobody,
    recipients,
    again: recipients.filter(had).length,
    alreadyHad,
    recorded: all.recipients.filter(({ address, isContact }) => !isContact && known.get(address)?.state === "sent"),
    withoutAddress: all.withoutAddress,
    badAddresses: all.badAddresses,
    problems,
    onDm,
  };
}

const noRecipients = (known: Recipients["known"]): Recipients => ({
  recipients: [],
  again: 0,
  alreadyHad: 0,
  recorded: [],
  withoutAddress: [],
  badAddresses: [],
  uncertain: uncertainAddresses(known),
  problems: [],
  onDm: undefined,
  known,
});

/** `sending` in the ledger while nothing is being sent: the program was stopped in the middle of that message. */
const isUncertain = (record: MailRecord | undefined): boolean =>
  record?.state === "uncertain" || record?.state === "sending";

const uncertainAddresses = (known: ReadonlyMap<string, MailRecord>): string[] =>
  [...known].filter(([, record]) => isUncertain(record)).map(([address]) => address);

/** The addresses of an experiment of which nobody knows whether they had the e-mail. */
export const uncertainOf = async (ledger: MailLedger, experimentName: string): Promise<readonly string[]> =>
  uncertainAddresses(await ledger.mailed(experimentName));

/**
 * Whether a user or contact had the e-mail: by the ledger, or, where the ledger knows of no answer, by DMagic's list,
 * which holds usernames.
 */
function hadBefore(
  known: ReadonlyMap<string, MailRecord>,
  onDm: DmExperiment | undefined,
): (one: Recipient) => boolean {
  const listed = new Set(emailedUsers(onDm).map((one) => one.toLowerCase()));
  return ({ address, badge }) => {
    const record = known.get(address);
    const isAnswered = record !== undefined && record.state !== "unsent";
    return isAnswered ? record.state === "sent" : listed.has(address) || listed.has(dmUsername(badge));
  };
}

/** The entries of the list that DMagic keeps. */
export const emailedUsers = (onDm: DmExperiment | undefined): readonly string[] =>
  (onDm?.emailedUsers ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");

/** Who gets a test. @throws RejectedError when the second contact has no address */
export function testContact(contacts: readonly Contact[]): Recipient {
  const email = contacts[1]?.email ?? "";
  if (email === "")
    throw new RejectedError(
      "A test goes to the second beamline contact, who has no address: set secondary-beamline-contact-email in the [globus] section of globus.conf.",
    );
  return { address: plainAddress(email), name: email, isContact: true, badge: contacts[1]?.badge ?? "" };
}

interface Audience {
  readonly onDm: DmExperiment | undefined;
  readonly people: readonly Person[];
  readonly problems: readonly string[];
}

async function findAudience(
  options: RecipientOptions,
  context: ActionContext,
  audience: Letter["audience"],
): Promise<Audience> {
  const { dm, people } = options;
  const { experiment, signal } = context;
  const ofSchedule = (): ReturnType<typeof findPeople> => findPeople(people, experiment, context, { signal });
  if (dm === undefined) return { onDm: undefined, ...(await ofSchedule()) };
  if (audience === "Experiment") {
    const onDm = await requireExperiment({ ...options, dm }, experiment, signal);
    return { onDm, ...(await usersOf(dm, onDm, signal)) };
  }
  const scheduled = await ofSchedule();
  try {
    return { ...scheduled, onDm: await findExperiment(dm, experiment, signal) };
  } catch (error) {
    // A site without Data Management has no list of DMagic's: that is no problem.
    if (error instanceof OffError) return { ...scheduled, onDm: undefined };
    const problem = `who was mailed by DMagic could not be read: ${ownFailure(error, signal, [])}`;
    return { ...scheduled, onDm: undefined, problems: [...scheduled.problems, problem] };
  }
}

/** The users of an experiment; a user whom Data Management does not know is a problem and stops nobody else. */
async function usersOf(
  dm: DataManagement,
  { usernames = [] }: DmExperiment,
  signal: AbortSignal,
): Promise<Pick<Audience, "people" | "problems">> {
  const found = await fewAtATime(usernames, LOOK_UPS, async (username): Promise<DmUser | string> => {
    try {
      return await dm.userByUsername(username, { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return `${username} is unknown to Data Management`;
      return `${username}: ${ownFailure(error, signal, [UnavailableError])}`;
    }
  });
  return {
    people: found.filter((one) => typeof one !== "string"),
    problems: found.filter((one) => typeof one === "string"),
  };
}

/**
 * Each address once, users before contacts; a contact's address is that of the settings, where they have one. What is
 * no address is kept apart.
 */
function onePerAddress(
  people: readonly Person[],
  contacts: readonly Contact[],
): Pick<Recipients, "recipients" | "withoutAddress" | "badAddresses"> {
  const byAddress = new Map<string, Recipient>();
  const withoutAddress: string[] = [];
  const badAddresses: BadAddress[] = [];
  const add = (email: string, one: Omit<Recipient, "address">): void => {
    const address = plainAddress(email);
    const problem = addressProblem(email.trim());
    if (problem !== undefined) badAddresses.push({ name: one.name, email, problem });
    else if (!byAddress.has(address)) byAddress.set(address, { address, ...one });
  };
  for (const person of people) {
    const { badge, email = "" } = person;
    const contact = contacts.find((one) => isSame(one, badge, email));
    if (contact !== undefined && contact.email !== "") continue; // is added below, with the address of the settings
    if (email.trim() !== "") add(email, { badge, name: personName(person), isContact: contact !== undefined });
    else if (contact === undefined) withoutAddress.push(personName(person));
  }
  for (const { badge, email } of contacts) if (email !== "") add(email, { badge, name: email, isContact: true });
  return { recipients: [...byAddress.values()], withoutAddress, badAddresses };
}

const isSame = (contact: Contact, badge: string, email: string): boolean =>
  (badge !== "" && contact.badge === badge) ||
  (contact.email !== "" && plainAddress(contact.email) === plainAddress(email));
