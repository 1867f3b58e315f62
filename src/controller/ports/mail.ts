/** The mail server. */
import type { CallOptions } from "./call.ts";

/** One message to one recipient. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  /** HTML beside the plain text, where there is any. */
  readonly html?: string;
  /** Without brackets; equal for the same message to the same recipient. */
  readonly messageId: string;
}

/** What the mail server said of a message: accepted, or refused in the server's own words. */
export type MailAnswer = { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

/** One connection to the mail server. */
export interface MailSession {
  /**
   * @returns the server's answer, also a refusal of the recipient
   * @throws UnavailableError when there was no answer: `mayHaveHappened` tells whether the message may have been taken
   */
  send(mail: Mail, options: CallOptions): Promise<MailAnswer>;
  close(): Promise<void>;
}

export interface Mailer {
  /** @throws UnavailableError, AccessDeniedError: nothing was sent */
  open(options: CallOptions): Promise<MailSession>;
}
