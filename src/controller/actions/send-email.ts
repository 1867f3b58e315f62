/**
 * Email: sends what PreviewEmail has shown, if it is armed and still says the same; a test goes without. What became of each address is published as it
 * goes, kept in the ledger and, on Data Management, in the list that DMagic reads; only accepted addresses count as mailed.
 */
import type { Clock } from "../../base/clock.ts";
import { ActionError, CancelledError, messageOf, pieceOf } from "../../base/errors.ts";
import { type Action, type ActionContext, flagInput, type TaggedRequest } from "../action.ts";
import { dmUsername } from "../dm-roster.ts";
import { directoryParts } from "../experiment.ts";
import { isoTime } from "../journal.ts";
import { type ActionResult, RejectedError } from "../outcome.ts";
import type { AccessRules, Mailer } from "../ports.ts";
import { ARMED_SECONDS } from "../pvs.ts";
import { type Composed, composeEmail, emailMode, reject } from "./compose-email.ts";
import { Delivery } from "./deliver-email.ts";
import { emailedUsers, uncertainOf } from "./email-recipients.ts";
import { EmailResults } from "./email-results.ts";
import type { PreviewEmailOptions } from "./preview-email.ts";

export interface SendEmailOptions extends PreviewEmailOptions {
  readonly mailer: Mailer;
  readonly clock: Clock;
  /** On a Globus collection that is shared by access rules: whom it writes to may read the experiment's directory first. */
  readonly access?: { readonly rules: AccessRules; readonly template: string };
}

export function sendEmail(options: SendEmailOptions): Action {
  return {
    plan: (request) => plan(options, request),
    run: (context) => run(options, context),
  };
}

function plan({ shown, people }: SendEmailOptions, request: TaggedRequest): string[] {
  if (emailMode(request) === "Test") return [`would send the e-mail to ${people.contacts[1]?.email} as a test`];
  const letter = shown.letter;
  if (letter === undefined) return ["would send nothing: PreviewEmail has shown no e-mail yet"];
  return [`would send "${letter.subject}" to ${letter.recipients.map(({ address }) => address).join(", ")}`];
}

async function run(options: SendEmailOptions, context: ActionContext): Promise<ActionResult> {
  const { publish, signal } = context;
  const isTest = emailMode(context) === "Test";
  if (!isTest && !flagInput(context, "EmailArm"))
    throw new RejectedError(
      `EmailArm is Safe, so nothing was sent: run PreviewEmail, read the e-mail, set EmailArm to Armed, and start Email within ${ARMED_SECONDS} s.`,
    );
  const composed = await composeEmail(options, context);
  const { letter } = composed;
  if (!isTest) reject(options.shown.difference(letter));
  const results = new EmailResults(composed, context);
  const delivery = new Delivery(letter, {
    mailer: options.mailer,
    ledger: isTest ? undefined : options.ledger,
    known: composed.known,
    access: isTest ? undefined : accessOf(options, context),
    time: () => isoTime(options.clock),
    signal,
    progress: (recipient, fate) => results.add(recipient.address, fate),
  });
  await delivery.open();
  if (!isTest) {
    options.shown.forget();
    publish("EmailArm", 0);
  }
  try {
    await delivery.run();
    publish("EmailUncertain", (await uncertainOf(options.ledger, letter.experiment)).length);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    throw new ActionError(results.interrupted(), { cause: error });
  }
  if (signal.aborted && !results.isComplete)
    throw new CancelledError(`${messageOf(signal.reason)} ${results.interrupted()}.`);
  return results.outcome(isTest ? [] : await listOnDm(options, composed, results.addresses("sent"), signal));
}

const accessOf = ({ access }: SendEmailOptions, { experiment }: ActionContext) =>
  access === undefined ? undefined : { rules: access.rules, parts: directoryParts(access.template, experiment) };

/**
 * Adds the users who accepted it, now or in a run that did not come to this, to the list that DMagic reads, by username; what others wrote there stays.
 * @returns what went wrong; the ledger knows better anyway
 */
async function listOnDm(
  { dm }: SendEmailOptions,
  { onDm, letter, recorded }: Composed,
  sent: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const users = letter.recipients.filter(({ address, isContact }) => sent.includes(address) && !isContact);
  const usernames = [...users, ...recorded].filter(({ badge }) => badge !== "").map(({ badge }) => dmUsername(badge));
  if (dm === undefined || onDm === undefined || usernames.length === 0) return [];
  try {
    const now = await dm.experimentByName(onDm.name, { signal });
    const list = [...new Set([...emailedUsers(now), ...usernames])].sort();
    await dm.setExperimentMetadata(onDm.name, "emailedUsers", list.join(","), { signal });
    return [];
  } catch (error) {
    if (!(error instanceof ActionError || signal.aborted)) throw error;
    return [
      `DMagic's list of who was mailed, emailedUsers of ${onDm.name}, was not brought up to date: ${pieceOf(error)}`,
    ];
  }
}
