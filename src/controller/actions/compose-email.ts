/** The e-mail about an experiment's data, composed anew each time from the site's template, the tag and the input PVs; nothing is sent or remembered here. */
import { addressProblem } from "../../base/mail-address.ts";
import { type ActionContext, type ActionRequest, textInput } from "../action.ts";
import { type Experiment, visible } from "../experiment.ts";
import { isWebAddress, subjectProblem } from "../mail/headers.ts";
import type { Letter } from "../mail/letter.ts";
import { renderTemplate, wantsSlides } from "../mail/template.ts";
import { placeholderTexts } from "../mail/values.ts";
import { RejectedError } from "../outcome.ts";
import type { SiteTexts } from "../ports.ts";
import { EMAIL_AUDIENCES, EMAIL_MODES, type PvName } from "../pvs.ts";
import { findRecipients, type RecipientOptions, type Recipients } from "./email-recipients.ts";

export interface ComposeOptions extends RecipientOptions {
  readonly texts: SiteTexts;
  /** Where the experiment's data are to be seen; "" where there is no such address. */
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

/** @throws RejectedError for what a person must put right first: template, subject, sender, links */
export async function composeEmail(options: ComposeOptions, context: ActionContext): Promise<Composed> {
  const { experiment } = context;
  const from = senderOf(options);
  const subject = textInput(context, "EmailSubject") || `Important information for experiment ${experiment.name}`;
  reject(subjectProblem(subject, "EmailSubject" satisfies PvName));
  const body = await bodyOf(options, context, subject);
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
  { texts, dataLink, serverName }: ComposeOptions,
  context: ActionContext,
  subject: string,
): Promise<Pick<Letter, "text" | "html">> {
  const { experiment } = context;
  const template = await texts.messageTemplate();
  const link = dataLink(experiment);
  if (link === "")
    throw new RejectedError(
      `There is no data link to mail: set uuid in the [server ${serverName}] section of globus.conf.`,
    );
  const given = textInput(context, "SlidesLink");
  const slides = !wantsSlides(template) ? "" : given || ((await texts.slidesLink(experiment.proposalNumber)) ?? "");
  if (slides !== "" && !isWebAddress(slides))
    throw new RejectedError(
      `The link to the slides ${JSON.stringify(slides)}, from ${given === "" ? "tomolog's file" : "SlidesLink"}, is no address that begins with https:// or http://.`,
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

/** @throws RejectedError with the problem, if there is one */
export function reject(problem: string | undefined): void {
  if (problem !== undefined) throw new RejectedError(problem);
}
