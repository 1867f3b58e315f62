/**
 * An e-mail as it was composed: what it says and to whom it goes. Remembers the e-mail that was shown last, so that
 * nothing else is sent than what a person has read. One memory serves the actions of all servers.
 */
import { clauseOf } from "../../../base/errors.ts";
import type { PvValue } from "../../ports/pvs.ts";
import { EMAIL_AUDIENCES, EMAIL_MODES, type EmailMode } from "../../pvs/email.ts";
import type { PvName } from "../../pvs/index.ts";
import { digestOf } from "./digest.ts";

/** One person who gets the e-mail. */
export interface Recipient {
  /** In the form in which addresses are compared and mailed. */
  readonly address: string;
  /** For sentences; the address where no name is known. */
  readonly name: string;
  /** Beamline contacts get a copy; the e-mail is for the users. */
  readonly isContact: boolean;
  /** Empty: unknown. */
  readonly badge: string;
}

export interface Letter {
  readonly server: string;
  readonly experiment: string;
  readonly mode: EmailMode;
  readonly audience: (typeof EMAIL_AUDIENCES)[number];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly recipients: readonly Recipient[];
}

/** The parts of a letter, and the name of each in a sentence. */
const PARTS: Readonly<Record<keyof Letter, string>> = {
  server: "ServerName",
  experiment: "the experiment",
  mode: "EmailMode",
  audience: "EmailTo",
  from: "the sender",
  subject: "the subject",
  text: "the text",
  html: "the HTML text",
  recipients: "the recipients",
};

const partText = (letter: Letter, part: keyof Letter): string =>
  part === "recipients" ? letter.recipients.map(({ address }) => address).join("\n") : (letter[part] ?? "");

/**
 * A message's id, without brackets. Sent again to the same recipient, the same letter has the same id: mail programs
 * know a second copy by it.
 */
export async function messageIdOf(letter: Letter, address: string): Promise<string> {
  const { experiment, subject, text, html = "", from } = letter;
  const digest = await digestOf([experiment, address, subject, text, html]);
  return `${digest.slice(0, 40)}@${from.slice(from.lastIndexOf("@") + 1)}`;
}

/** The letter that PreviewEmail has shown last, until it is sent. */
export class ShownLetter {
  #shown: Letter | undefined;
  #problems: readonly string[] = [];

  /** @param problems why recipients may be missing, each the rest of a sentence */
  keep(letter: Letter, problems: readonly string[]): void {
    this.#shown = letter;
    this.#problems = problems;
  }
  forget(): void {
    this.#shown = undefined;
  }
  get letter(): Letter | undefined {
    return this.#shown?.recipients.length === 0 ? undefined : this.#shown;
  }
  /** Why nothing can be armed now, a sentence, or undefined. @param get reads our own PVs */
  armProblem(get: (name: PvName) => PvValue): string | undefined {
    const shown = this.#shown;
    if (shown === undefined)
      return "EmailArm cannot be armed: there is no e-mail that PreviewEmail has shown; run PreviewEmail, and read it.";
    if (shown.recipients.length === 0)
      return "EmailArm cannot be armed: nobody would get the e-mail that PreviewEmail has shown; see PreviewEmailMessage and EmailResults.";
    const now = {
      experiment: String(get("ExperimentName")),
      mode: EMAIL_MODES[Number(get("EmailMode"))] ?? shown.mode,
      audience: EMAIL_AUDIENCES[Number(get("EmailTo"))] ?? shown.audience,
    };
    const problem = this.difference({ ...shown, ...now });
    return problem === undefined ? undefined : `EmailArm cannot be armed: ${clauseOf(problem)}.`;
  }
  /**
   * Why this letter may not be sent, a sentence; undefined when it is word for word the letter that was shown.
   * @param problems as of `keep`; problems that the preview had are no difference
   */
  difference(letter: Letter, problems: readonly string[] = []): string | undefined {
    const shown = this.#shown;
    if (shown === undefined || shown.recipients.length === 0)
      return "There is no e-mail that PreviewEmail has shown; run PreviewEmail, read it, and arm.";
    const changed = (Object.keys(PARTS) as (keyof Letter)[]).filter(
      (part) => partText(letter, part) !== partText(shown, part),
    );
    if (changed.length === 0) return undefined;
    const since = problems.filter((problem) => !this.#problems.includes(problem));
    return changed.every((part) => part === "recipients") && since.length > 0
      ? `Nothing was sent, because ${since.join("; ")}; the recipients would not be those that PreviewEmail has shown. Mend that, run PreviewEmail again, read it, and arm.`
      : `The e-mail has changed since it was previewed (${changed.map((part) => PARTS[part]).join(", ")}); run PreviewEmail again, read it, and arm.`;
  }
}
