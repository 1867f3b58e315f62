/** PVs of the e-mail to users: recipients, text, and what became of the sending. */
import {
  ARM_STATES,
  ARMED_SECONDS,
  type Digit,
  input,
  lines,
  managed,
  result,
  resultOf,
  setting,
  UNKNOWN_COUNT,
} from "./row.ts";

export const EMAIL_AUDIENCES = ["Experiment", "Schedule"] as const;
export const EMAIL_MODES = ["All", "NewOnly", "Test", "Uncertain"] as const;
export type EmailMode = (typeof EMAIL_MODES)[number];

/** Lines of the preview that have a PV of their own. */
export const EMAIL_LINES = 20;
type EmailLine = `EmailLine${Digit | `1${Digit}`}`;
export const emailLine = (index: number): EmailLine => `EmailLine${index as Digit}`;

export const EMAIL_ROWS = {
  EmailTo: managed(
    setting("Whom Email writes to: the users of the Experiment, or all users of the Schedule.", {
      states: EMAIL_AUDIENCES,
      initial: "Experiment",
    }),
  ),
  EmailMode: managed(
    setting(
      "All (also who had it before: not at most once), NewOnly (who has not had it yet), Test (the second beamline contact alone), or Uncertain (the addresses that EmailUncertain counts, once a person has asked them).",
      { states: EMAIL_MODES, initial: "NewOnly" },
    ),
  ),
  EmailSubject: managed(setting("Subject of the e-mail; empty: the usual one with the experiment's name.")),
  SlidesLink: managed(
    input("Web address of the beamtime's slides; empty: the newest that tomolog has for the proposal."),
  ),
  EmailArm: managed(
    input(
      `Armed: Email may send what PreviewEmail has shown. Safe again after ${ARMED_SECONDS} s, and after the sending.`,
      {
        states: ARM_STATES,
        initial: "Safe",
      },
    ),
  ),
  EmailPreview: resultOf(["PreviewEmail"], "the whole e-mail as it would be sent.", { initial: "" }),
  ...lines<EmailLine>("EmailLine", EMAIL_LINES, (line) => ({
    ...result(`${line} the e-mail's text.`, { initial: "" }),
    ofExperiment: ["PreviewEmail"],
  })),
  EmailRecipients: resultOf(["PreviewEmail"], "to whom it would go, one address a line.", { initial: "" }),
  EmailCount: resultOf(["PreviewEmail"], "how many addresses that are.", { initial: 0 }),
  EmailSent: resultOf(["Email"], "addresses whose mail server accepted it in this run.", { initial: 0 }),
  EmailRefused: resultOf(["Email"], "addresses that were refused in this run.", { initial: 0 }),
  EmailHadBefore: resultOf(
    ["PreviewEmail"],
    "how many of EmailCount had it before: EmailMode All writes to them again.",
    { initial: 0 },
  ),
  EmailNoAddress: resultOf(["PreviewEmail"], "how many users have no e-mail address, or one that is none.", {
    initial: 0,
  }),
  EmailUncertain: result(
    "Addresses of which nobody knows whether they had it: an earlier run was killed, or lost its connection, while sending; -1 before the ledger was read.",
    { initial: UNKNOWN_COUNT },
  ),
  EmailResults: resultOf(
    ["PreviewEmail", "Email"],
    "what became of each address, and who gets no e-mail, one a line.",
    { initial: "" },
  ),
} as const;
