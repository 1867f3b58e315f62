/** PreviewEmail: composes the e-mail, shows its text and recipients, and remembers it, so that Email can be armed. */
import { onePerLine, visible } from "../../base/clean-text.ts";
import { EMAIL_LINES, emailLine } from "../pvs/email.ts";
import { PVS, type PvName } from "../pvs/index.ts";
import { ARMED_SECONDS, type PvRow } from "../pvs/row.ts";
import type { Action, ActionContext } from "../run/action.ts";
import type { ActionResult } from "../run/outcome.ts";
import { type Composed, type ComposeOptions, composeEmail, composePlan } from "./compose-email.ts";
import type { Letter, ShownLetter } from "./letter/letter.ts";

export interface PreviewEmailOptions extends ComposeOptions {
  readonly shown: ShownLetter;
}

export function previewEmail(options: PreviewEmailOptions): Action {
  return {
    plan: (request) => [composePlan(options, request), "would look up its recipients and show it and them"],
    run: (context) => preview(options, context),
  };
}

async function preview(options: PreviewEmailOptions, context: ActionContext): Promise<ActionResult> {
  const { publish } = context;
  // The arm was for the e-mail shown before, which must not stay where the new e-mail cannot be composed.
  options.shown.forget();
  publish("EmailArm", 0);
  for (const name of Object.keys(PVS) as PvName[]) {
    const { ofExperiment, initial = "" }: PvRow = PVS[name];
    if (ofExperiment?.includes("PreviewEmail") === true) publish(name, initial);
  }
  const composed = await composeEmail(options, context);
  const { letter } = composed;
  publish("EmailPreview", previewText(letter));
  shortLines(letter.text, options.dataLink(context.experiment)).forEach((line, index) =>
    publish(emailLine(index), line),
  );
  publish("EmailRecipients", onePerLine(letter.recipients.map(({ address }) => address)));
  publish("EmailCount", letter.recipients.length);
  publish("EmailHadBefore", composed.again);
  publish("EmailNoAddress", composed.withoutAddress.length + composed.badAddresses.length);
  publish("EmailUncertain", composed.uncertain.length);
  publish("EmailResults", onePerLine(leftOut(composed)));
  options.shown.keep(letter, composed.problems);
  const remarks = remarksOn(composed);
  return {
    state: isWhole(composed) ? "Done" : "Partial",
    message: `${summary(composed)}${remarks.map((remark) => `; ${remark}`).join("")}.`,
  };
}

function summary({ letter: { subject, recipients, mode }, again }: Composed): string {
  if (recipients.length === 0) return "Nobody would get the e-mail";
  const contacts = recipients.filter(({ isContact }) => isContact).length;
  const whom =
    mode === "Test"
      ? `${recipients[0]?.address}, as a test`
      : `${counted(recipients.length, "address", "es")}: ${[
          ...(contacts < recipients.length ? [counted(recipients.length - contacts, "user")] : []),
          ...(contacts > 0 ? [counted(contacts, "beamline contact")] : []),
        ].join(" and ")}${again === 0 ? "" : ` (${again} of them had it before)`}`;
  const next =
    mode === "Test"
      ? "start Email to send it"
      : `to send it, set EmailArm to Armed and start Email within ${ARMED_SECONDS} s`;
  return `"${subject}" would go to ${whom}; ${next}`;
}

/** A count with its noun, singular or plural. */
export const counted = (count: number, noun: string, ending = "s"): string =>
  `${count} ${noun}${count === 1 ? "" : ending}`;

/** The people who get no e-mail, one a line. */
export const leftOut = ({ withoutAddress, badAddresses, uncertain, letter }: Composed): string[] => [
  ...withoutAddress.map((name) => `${name}: no address`),
  ...badAddresses.map(({ name, email, problem }) => `${name}: bad address ${visible(email)}, which ${problem}`),
  ...(letter.mode === "Uncertain" ? [] : uncertain.map((address) => `${address} uncertain: from an earlier run`)),
];

/** Whether the e-mail goes to everybody it is for: nothing went wrong in finding them, and every address is good. */
export const isWhole = ({ badAddresses, problems }: Composed): boolean => badAddresses.length + problems.length === 0;

/** What is worth knowing of the people who do not get the e-mail, each the rest of a sentence. */
export function remarksOn({
  alreadyHad,
  withoutAddress,
  badAddresses,
  uncertain,
  problems,
  letter,
}: Composed): string[] {
  return [
    ...(alreadyHad > 0 ? [`${counted(alreadyHad, "user")} had it before`] : []),
    ...(withoutAddress.length > 0 ? [`without an address: ${withoutAddress.join(", ")}`] : []),
    ...(uncertain.length > 0 && letter.mode !== "Uncertain"
      ? [
          `not mailed, because nobody knows whether they had it: ${uncertain.join(", ")} (ask them; EmailMode Uncertain mails these alone)`,
        ]
      : []),
    ...badAddresses.map(({ name, email, problem }) => `the address ${visible(email)} of ${name} ${problem}`),
    ...problems,
  ];
}

function previewText(letter: Letter): string {
  const { from, subject, recipients, text, html } = letter;
  const form = html === undefined ? "plain text" : "HTML, with this text beside it";
  return `From: ${from}\nTo: ${counted(recipients.length, "address", "es")}, a message to each\nSubject: ${subject}\nForm: ${form}\n\n${text}\n`;
}

/**
 * The text in as many lines as there are PVs; where it has more, the last line says so. The data link has a line of its
 * own: screens cut long lines.
 */
function shortLines(text: string, link: string): string[] {
  const lines = text.split("\n").flatMap((line) => linkApart(line, link));
  const kept = Array.from({ length: EMAIL_LINES }, (_, index) => lines[index] ?? "");
  if (lines.length > EMAIL_LINES)
    kept[EMAIL_LINES - 1] = `… and ${lines.length - EMAIL_LINES + 1} lines more, in EmailPreview`;
  return kept;
}

/** The line with its link apart; punctuation behind the link is no line. */
function linkApart(line: string, link: string): string[] {
  if (link === "" || !line.includes(link)) return [line];
  const [before = "", ...behind] = line.split(link);
  return [before, link, behind.join(link)].map((piece) => piece.trim()).filter((piece) => /[\p{L}\p{N}]/u.test(piece));
}
