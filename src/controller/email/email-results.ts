/**
 * What has become of each address of one sending, untried addresses too: as PVs during the sending, and in the sentence
 * at its end. Decides nothing about the sending.
 */
import { onePerLine } from "../../base/clean-text.ts";
import { ActionError, clauseOf } from "../../base/errors.ts";
import type { EmailMode } from "../pvs/email.ts";
import type { ActionContext } from "../run/action.ts";
import type { ActionResult } from "../run/outcome.ts";
import type { Composed } from "./compose-email.ts";
import type { Fate } from "./deliver-email.ts";
import { counted, isWhole, leftOut, remarksOn } from "./preview-email.ts";

const WORDS: Readonly<Record<Fate["state"], string>> = {
  sent: "sent",
  refused: "refused",
  unsent: "not sent",
  uncertain: "uncertain",
};

/** How to write to the addresses that a run did not come to, by the run's mode. */
const NEXT: Readonly<Record<EmailMode, string>> = {
  All: "EmailMode All writes to all again, NewOnly only to those who never had it",
  NewOnly: "PreviewEmail and Email in EmailMode NewOnly go on with the others",
  Test: "start Email again for the test",
  Uncertain: "PreviewEmail and Email in EmailMode Uncertain go on with the others",
};

interface AddressResult extends Fate {
  readonly address: string;
}

export class EmailResults {
  readonly #composed: Composed;
  readonly #context: Pick<ActionContext, "publish" | "say">;
  readonly #results: AddressResult[] = [];

  constructor(composed: Composed, context: Pick<ActionContext, "publish" | "say">) {
    this.#composed = composed;
    this.#context = context;
    this.#publish();
  }

  add(address: string, fate: Fate): void {
    const result = { address, ...fate };
    this.#results.push(result);
    if (fate.state !== "sent") this.#context.say(`E-mail: ${lineOf(result)}.`);
    this.#publish();
  }

  /** Addresses of one fate. */
  addresses(state: Fate["state"]): string[] {
    return this.#results.filter((one) => one.state === state).map(({ address }) => address);
  }

  /** Whether every address has got an answer of the mail server, or an uncertain end. */
  get isComplete(): boolean {
    return this.#results.length === this.#composed.letter.recipients.length && this.addresses("unsent").length === 0;
  }

  /** What was sent when the sending broke off, and how to go on; a sentence without its full stop. */
  interrupted(): string {
    const sent = this.addresses("sent");
    return [
      this.#counted(),
      NEXT[this.#composed.letter.mode],
      sent.length === 0 ? "it has gone to nobody" : `it has gone to ${sent.join(", ")}`,
      ...this.#failures(),
      ...(this.#untried.length === 0 ? [] : [`not tried: ${this.#untried.join(", ")}`]),
    ].join("; ");
  }

  /** @param more what else went wrong, each the rest of a sentence. @throws ActionError when no address was accepted */
  outcome(more: readonly string[]): ActionResult {
    const failures = [...this.#failures(), ...more];
    const message = `${[this.#counted(), ...failures, ...remarksOn(this.#composed)].join("; ")}.`;
    if (this.addresses("sent").length === 0) throw new ActionError(message);
    return { state: failures.length === 0 && isWhole(this.#composed) ? "Done" : "Partial", message };
  }

  /** The addresses that may not have got the e-mail, by fate, each the rest of a sentence. */
  #failures(): string[] {
    const told = (state: Fate["state"], beginning: string, end = ""): string[] => {
      const those = this.#results.filter((one) => one.state === state);
      return those.length === 0
        ? []
        : [`${beginning}: ${those.map(({ address, reason }) => `${address} (${reason})`).join(", ")}${end}`];
    };
    return [
      ...told("refused", "refused"),
      ...told("unsent", "not sent"),
      ...told("uncertain", "nobody knows whether it came", "; ask them, EmailMode Uncertain mails these alone"),
    ];
  }

  get #untried(): string[] {
    const tried = new Set(this.#results.map(({ address }) => address));
    return this.#composed.letter.recipients.map(({ address }) => address).filter((one) => !tried.has(one));
  }

  #counted(): string {
    const { letter } = this.#composed;
    return `The mail server accepted the e-mail for ${this.addresses("sent").length} of ${counted(letter.recipients.length, "address", "es")}`;
  }

  #publish(): void {
    const { publish } = this.#context;
    publish("EmailSent", this.addresses("sent").length);
    publish("EmailRefused", this.addresses("refused").length);
    publish(
      "EmailResults",
      onePerLine([
        ...this.#results.map(lineOf),
        ...this.#untried.map((address) => `${address} not tried`),
        ...leftOut(this.#composed),
      ]),
    );
  }
}

const lineOf = ({ address, state, reason }: AddressResult): string =>
  `${address} ${WORDS[state]}${reason === "" ? "" : `: ${clauseOf(reason)}`}`;
