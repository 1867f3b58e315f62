/**
 * The sending of one letter: a message to each recipient, over one connection that is made anew when it drops, each
 * noted in the ledger before it goes and after it was answered (decision 0019). A message that may have been taken is
 * never repeated. A refused or lost message stops no other message; a mail server or a collection that is away stops
 * all.
 */

import { clauseOf, messageOf } from "../../base/errors.ts";
import type { AccessRules } from "../ports/access-rules.ts";
import { UnavailableError } from "../ports/call.ts";
import type { MailLedger, MailRecord } from "../ports/ledger.ts";
import type { Mailer, MailSession } from "../ports/mail.ts";
import { serviceFailure } from "../run/failure.ts";
import { type Letter, messageIdOf, type Recipient } from "./letter/letter.ts";

/** What became of one address. `unsent`: no message went there. `uncertain`: a message may have gone. */
export interface Fate {
  readonly state: "sent" | "refused" | "unsent" | "uncertain";
  /** The server's words, or why nothing was sent. */
  readonly reason: string;
}

export interface DeliveryOptions {
  readonly mailer: Mailer;
  /** Undefined: nothing is recorded, as for a test. */
  readonly ledger: MailLedger | undefined;
  /** What the ledger knew before the sending. */
  readonly known: ReadonlyMap<string, MailRecord>;
  /** Where each recipient may read the data before the message goes; undefined: nothing is to be granted. */
  readonly access: { readonly rules: AccessRules; readonly parts: readonly string[] } | undefined;
  /** ISO 8601. */
  readonly time: () => string;
  readonly signal: AbortSignal;
  /** Called once for each address, when its fate is known. */
  readonly progress: (recipient: Recipient, fate: Fate) => void;
}

/** Connections in a row that may drop before an answer; one more, and the server counts as down. */
const MOST_FRUITLESS = 1;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #letter: Letter;
  #session: MailSession | undefined;
  #fruitless = 0;
  /** Why no more messages are tried. */
  #down: string | undefined;

  constructor(letter: Letter, options: DeliveryOptions) {
    this.#letter = letter;
    this.#options = options;
  }

  /**
   * Makes the first connection before anything else is done, so that a server that is down spoils nothing.
   * @throws what Mailer.open throws
   */
  async open(): Promise<void> {
    this.#session = await this.#options.mailer.open({ signal: this.#options.signal });
  }

  /** Ends before the next message once the signal is aborted. @throws ActionError when the ledger fails */
  async run(): Promise<void> {
    try {
      for (const recipient of this.#letter.recipients) {
        if (this.#options.signal.aborted) return;
        if (this.#down === undefined) await this.#deliver(recipient);
        else this.#options.progress(recipient, unsent(this.#down));
      }
    } finally {
      await this.#session?.close();
    }
  }

  async #deliver(recipient: Recipient): Promise<void> {
    const { address } = recipient;
    const { known, progress } = this.#options;
    const problem = await this.#grant(address);
    if (problem !== undefined) return progress(recipient, unsent(problem));
    await this.#record(address, { state: "sending", at: this.#options.time() });
    const fate = await this.#send(address);
    progress(recipient, fate);
    // A message that did not go changes nothing: the ledger gets back what it knew of the address, if anything.
    const before = fate.state === "unsent" ? known.get(address) : undefined;
    await this.#record(address, before ?? { ...recordOf(fate), at: this.#options.time() });
  }

  /** @returns why the recipient may not read the data */
  async #grant(address: string): Promise<string | undefined> {
    const { access, signal } = this.#options;
    if (access === undefined) return undefined;
    try {
      await access.rules.grant(access.parts, address, { signal });
      return undefined;
    } catch (error) {
      if (signal.aborted) return "aborted";
      const reason = `no access to the data on ${access.rules.name}: ${clauseOf(serviceFailure(error))}`;
      // The collection was asked for as long as is worth while: the next recipient would wait as long for nothing.
      if (error instanceof UnavailableError) this.#down = reason;
      return reason;
    }
  }

  async #send(address: string): Promise<Fate> {
    const { from, subject, text, html } = this.#letter;
    const messageId = await messageIdOf(this.#letter, address);
    const mail = { from, to: address, subject, text, ...(html !== undefined && { html }), messageId };
    const { mailer, signal } = this.#options;
    for (;;) {
      try {
        this.#session ??= await mailer.open({ signal });
        const answer = await this.#session.send(mail, { signal });
        this.#fruitless = 0;
        return answer.accepted ? { state: "sent", reason: "" } : { state: "refused", reason: answer.reason };
      } catch (error) {
        const mayHaveGone = error instanceof UnavailableError && error.mayHaveHappened;
        if (signal.aborted && !mayHaveGone) return unsent("aborted");
        const reason = messageOf(serviceFailure(error));
        const wasOpen = this.#session !== undefined;
        await this.#drop();
        this.#fruitless++;
        if (!wasOpen || this.#fruitless > MOST_FRUITLESS) this.#down = reason;
        if (mayHaveGone) return { state: "uncertain", reason };
        if (this.#down !== undefined) return unsent(reason);
      }
    }
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #record(address: string, record: MailRecord): Promise<void> {
    await this.#options.ledger?.putMailed(this.#letter.experiment, address, record);
  }
}

const unsent = (reason: string): Fate => ({ state: "unsent", reason });

const recordOf = ({ state, reason }: Fate): Omit<MailRecord, "at"> =>
  state === "sent" || state === "uncertain" ? { state } : { state, reason };
