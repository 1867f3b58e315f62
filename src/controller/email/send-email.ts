/**
 * Email: sends what PreviewEmail has shown, if EmailArm is armed and the e-mail still says the same; a test needs
 * neither. What becomes of each address is published during the sending and kept in the ledger; on Data Management the
 * list that DMagic reads is kept, too. Only accepted addresses count as mailed.
 */

import type { Clock } from "../../base/clock.ts";
import { ActionError, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import { directoryParts } from "../experiment.ts";
import type { AccessRules } from "../ports/access-rules.ts";
import type { Mailer } from "../ports/mail.ts";
import { ARMED_SECONDS } from "../pvs/row.ts";
import { type Action, type ActionContext, flagInput, type TaggedRequest } from "../run/action.ts";
import { failureOrAbort, serviceFailure } from "../run/failure.ts";
import { isoTime } from "../run/journal.ts";
import { type ActionResult, RejectedError } from "../run/outcome.ts";
import { dmUsername } from "../users/dm-roster.ts";
import { type Composed, composeEmail, composePlan, emailAudience, emailMode, reject } from "./compose-email.ts";
import { Delivery } from "./deliver-email.ts";
import { emailedUsers, testContact, uncertainOf } from "./email-recipients.ts";
import { EmailResults } from "./email-results.ts";
import { counted, type PreviewEmailOptions } from "./preview-email.ts";

export interface SendEmailOptions extends PreviewEmailOptions {
  readonly mailer: Mailer;
  readonly clock: Clock;
  /**
   * On a Globus collection that is shared by access rules: before the e-mail goes, its recipient may read the
   * experiment's directory.
   */
  readonly access?: { readonly rules: AccessRules; readonly template: string };
}

export function sendEmail(options: SendEmailOptions): Action {
  return {
    plan: (request) => plan(options, request),
    run: (context) => run(options, context),
  };
}

/** The plan names recipients only where the e-mail was shown: they come from services, and a dry run asks none. */
function plan(options: SendEmailOptions, request: TaggedRequest): string[] {
  const { shown, people, serverName } = options;
  const mode = emailMode(request);
  const composing = composePlan(options, request);
  if (mode === "Test") return [composing, `would send it to ${testContact(people.contacts).address} alone, as a test`];
  const { letter } = shown;
  if (letter === undefined)
    return [
      composing,
      "would send it to each recipient, once PreviewEmail has shown it and them and EmailArm is Armed",
    ];
  const { experiment } = request;
  const asked = { server: serverName, experiment: experiment.name, mode, audience: emailAudience(request) };
  reject(shown.difference({ ...letter, ...asked }));
  const addresses = letter.recipients.map(({ address }) => address);
  return [
    `would send "${letter.subject}", once EmailArm is Armed, to ${counted(addresses.length, "address", "es")}: ${addresses.join(", ")}`,
  ];
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
  if (!isTest) reject(options.shown.difference(letter, composed.problems));
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
    throw new ActionError(results.interrupted(), { cause: serviceFailure(error) });
  }
  if (signal.aborted && !results.isComplete)
    throw new CancelledError(`${messageOf(signal.reason)} ${results.interrupted()}.`);
  return results.outcome(isTest ? [] : await listOnDm(options, composed, results.addresses("sent"), signal));
}

const accessOf = ({ access }: SendEmailOptions, { experiment }: ActionContext) =>
  access === undefined ? undefined : { rules: access.rules, parts: directoryParts(access.template, experiment) };

/**
 * Adds the users whose address was accepted, now or in an earlier run that broke off, to the list that DMagic reads, by
 * username; other entries of the list stay.
 * @returns what went wrong, which is no failure: the ledger wins
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
    const why = clauseOf(failureOrAbort(error, signal));
    return [`DMagic's list of who was mailed, emailedUsers of ${onDm.name}, was not brought up to date: ${why}`];
  }
}
