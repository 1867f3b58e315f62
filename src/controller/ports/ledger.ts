/** The ledger: what is done once and must never be forgotten. */

/**
 * What is known of one address of one experiment. `unsent`: the e-mail was to go there, and nothing went. `uncertain`:
 * it may have gone, for the program was killed while the state was `sending`, or the answer got lost (decision 0019).
 */
export interface MailRecord {
  readonly state: "sending" | "sent" | "refused" | "unsent" | "uncertain";
  /** ISO 8601. */
  readonly at: string;
  /** The server's words, for `refused`; why, for `unsent`. */
  readonly reason?: string;
}

/** The durable memory of who was mailed. A put record is on disk when the promise resolves. */
export interface MailLedger {
  /** Sees whether the ledger can be used. @throws ActionError, of which operators have been told */
  open(): Promise<void>;
  /** The records by address, in lower case. */
  mailed(experimentName: string): Promise<ReadonlyMap<string, MailRecord>>;
  putMailed(experimentName: string, address: string, record: MailRecord): Promise<void>;
}
