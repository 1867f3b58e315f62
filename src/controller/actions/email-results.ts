/** What has become of the addresses of one sending: as PVs while it goes on, and in the sentence at its end. It decides nothing about the sending. */
import { ActionError, pieceOf } from "../../base/errors.ts";
import type { ActionContext } from "../action.ts";
import type { ActionResult } from "../outcome.ts";
import type { Composed } from "./compose-email.ts";
import type { Fate } from "./deliver-email.ts";
import { leftOut, remarksOn } from "./preview-email.ts";

const WORDS: Readonly<Record<Fate["state"], string>> = {
  sent: "sent",
  refused: "refused",
  unsent: "not sent",
  uncertain: "uncertain",
};

interface Result extends Fate {
  readonly address: string;
}

export class EmailResults {
  readonly #composed: Composed;
  readonly #context: Pick<ActionContext, "publish" | "say">;
  readonly #results: Result[] = [];

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

  /** How it stood when it went no further, without a full stop. */
  interrupted(): string {
    const sent = this.addresses("sent");
    const had = sent.length === 0 ? "nobody had it" : `${sent.join(", ")} had it`;
    return `${this.#counted()}; ${had}, the others were not mailed; PreviewEmail and Email in EmailMode NewOnly go on with them`;
  }

  /** @param more what else went wrong, each the rest of a sentence. @throws ActionError when nobody accepted it */
  outcome(more: readonly string[]): ActionResult {
    const told = (state: Fate["state"], beginning: string, end = ""): string[] => {
      const those = this.#results.filter((one) => one.state === state);
      return those.length === 0
        ? []
        : [`${beginning}: ${those.map(({ address, reason }) => `${address} (${reason})`).join(", ")}${end}`];
    };
    const failures = [
      ...told("refused", "refused"),
      ...told("unsent", "not sent"),
      ...told("uncertain", "nobody knows whether it came", "; ask them, EmailMode Uncertain mails these alone"),
      ...more,
    ];
    const message = `${[this.#counted(), ...failures, ...remarksOn(this.#composed)].join("; ")}.`;
    if (this.addresses("sent").length === 0) throw new ActionError(message);
    return { state: failures.length + this.#composed.problems.length === 0 ? "Done" : "Partial", message };
  }

  #counted(): string {
    const { letter } = this.#composed;
    return `The mail server accepted the e-mail for ${this.addresses("sent").length} of ${letter.recipients.length} addresses`;
  }

  #publish(): void {
    const { publish } = this.#context;
    publish("EmailSent", this.addresses("sent").length);
    publish("EmailRefused", this.addresses("refused").length);
    publish("EmailResults", [...this.#results.map(lineOf), ...leftOut(this.#composed)].join("\n"));
  }
}

const lineOf = ({ address, state, reason }: Result): string =>
  `${address} ${WORDS[state]}${reason === "" ? "" : `: ${pieceOf(reason)}`}`;
