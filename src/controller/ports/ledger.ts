/** The ledger: what is done once and must never be forgotten. */

/**
 * What is known of one address of one experiment. `unsent`: it was to be sent, and nothing went. `uncertain`: nobody
 * knows, for the program was killed while it was `sending`, or the answer got lost (decision 0019).
 */
export interface MailRecord {
  readonly state: "sending" | "sent" | "refused" | "unsent" | "uncertain";
  /** ISO 8601. */
  readonly at: string;
  /** The server's words, for `refused`; why, for `unsent`. */
  readonly reason?: string;
}

/** The durable memory of who was mailed. What was put is on disk when the promise resolves. */
export interface MailLedger {
  /** Sees whether it can be used. @throws ActionError; who looks after the ledger has told it */
  open(): Promise<void>;
  /** By address, in lower case. */
  mailed(experimentName: string): Promise<ReadonlyMap<string, MailRecord>>;
  putMailed(experimentName: string, address: string, record: MailRecord): Promise<void>;
}
