/**
 * The e-mail about an experiment's data, composed anew each time from the site's template, the tag and the input PVs;
 * nothing is sent or remembered here.
 */
import { cleanJson, visible } from "../../base/clean-text.ts";
import { addressProblem } from "../../base/mail-address.ts";
import { type Experiment } from "../experiment.ts";
import type { SiteTexts } from "../ports/site-texts.ts";
import { EMAIL_AUDIENCES, EMAIL_MODES } from "../pvs/email.ts";
import type { PvName } from "../pvs/index.ts";
import { type ActionContext, type ActionRequest, type TaggedRequest, textInput } from "../run/action.ts";
import { RejectedError } from "../run/outcome.ts";
import { findRecipients, type RecipientOptions, type Recipients } from "./email-recipients.ts";
import { isWebAddress, subjectProblem } from "./letter/checks.ts";
import type { Letter } from "./letter/letter.ts";
import { renderTemplate, wantsSlides } from "./letter/template.ts";
import { placeholderTexts } from "./letter/values.ts";

export interface ComposeOptions extends RecipientOptions {
  readonly texts: SiteTexts;
  /** Web address of the experiment's data; "" where there is none. */
  readonly dataLink: (experiment: Experiment) => string;
  /** Sender; empty: the first beamline contact. */
  readonly from: string;
}

export interface Composed extends Recipients {
  readonly letter: Letter;
}

/** What the input PVs ask for. */
export const emailMode = ({ input }: ActionRequest): Letter["mode"] =>
  EMAIL_MODES[Number(input("EmailMode"))] ?? "NewOnly";
export const emailAudience = ({ input }: ActionRequest): Letter["audience"] =>
  EMAIL_AUDIENCES[Number(input("EmailTo"))] ?? "Experiment";

/** What is known of an e-mail before any file is read or service asked. */
interface Head {
  readonly from: string;
  readonly subject: string;
  readonly link: string;
}

function headOf(options: ComposeOptions, request: TaggedRequest): Head {
  const { experiment } = request;
  const from = senderOf(options);
  const subject = textInput(request, "EmailSubject") || `Important information for experiment ${experiment.name}`;
  reject(subjectProblem(subject, "EmailSubject" satisfies PvName));
  const link = options.dataLink(experiment);
  if (link !== "") return { from, subject, link };
  throw new RejectedError(
    `There is no data link to mail: set uuid in the [server ${options.serverName}] section of globus.conf.`,
  );
}

/** What composing an e-mail would take, for a dry run. @throws RejectedError as composing would */
export function composePlan(options: ComposeOptions, request: TaggedRequest): string {
  const { from, subject, link } = headOf(options, request);
  const { texts, serverName } = options;
  const template = texts.templateName || "a template that is not set";
  return `would compose the e-mail "${subject}" from ${from} with the template ${template} and the data link ${link} (ServerName ${serverName}, EmailTo ${emailAudience(request)}, EmailMode ${emailMode(request)})`;
}

/** @throws RejectedError for what a person must put right first: template, subject, sender, links */
export async function composeEmail(options: ComposeOptions, context: ActionContext): Promise<Composed> {
  const { experiment } = context;
  const { from, subject, link } = headOf(options, context);
  const body = await bodyOf(options, context, { subject, link });
  const mode = emailMode(context);
  const audience = emailAudience(context);
  const found = await findRecipients(options, context, { mode, audience });
  context.signal.throwIfAborted();
  const { recipients } = found;
  return {
    ...found,
    letter: {
      server: options.serverName,
      experiment: experiment.name,
      mode,
      audience,
      from,
      subject,
      ...body,
      recipients,
    },
  };
}

async function bodyOf(
  { texts, serverName }: ComposeOptions,
  context: ActionContext,
  { subject, link }: Pick<Head, "subject" | "link">,
): Promise<Pick<Letter, "text" | "html">> {
  const { experiment } = context;
  const template = await texts.messageTemplate();
  const given = textInput(context, "SlidesLink");
  const slides = !wantsSlides(template) ? "" : given || ((await texts.slidesLink(experiment.proposalNumber)) ?? "");
  if (slides !== "" && !isWebAddress(slides))
    throw new RejectedError(
      `The link to the slides ${cleanJson(slides)}, from ${given === "" ? "tomolog's file" : "SlidesLink"}, is no address that begins with https:// or http://.`,
    );
  const names = { DataLink: link, SlidesLink: slides, EmailSubject: subject, ServerName: serverName } as const;
  return renderTemplate(template, {
    texts: placeholderTexts(context, names satisfies Partial<Record<PvName, string>>),
    dataLink: link,
    slidesLink: slides,
  });
}

function senderOf({ from, people }: ComposeOptions): string {
  const sender = from || (people.contacts[0]?.email ?? "");
  const problem = addressProblem(sender);
  if (sender !== "" && problem !== undefined) throw new RejectedError(`The sender ${visible(sender)} ${problem}.`);
  if (sender !== "") return sender;
  throw new RejectedError(
    "The e-mail has no sender: set from in the [email] section of globus.conf, or primary-beamline-contact-email in [globus].",
  );
}

/** @throws RejectedError with the problem, if any */
export function reject(problem: string | undefined): void {
  if (problem !== undefined) throw new RejectedError(problem);
}
