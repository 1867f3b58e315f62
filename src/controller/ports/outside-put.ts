/**
 * A put by a client, or by another record, as the controller hears of it. The PVs themselves are the port of pvs.ts.
 */

/** Text in Unicode, an enum as its index. */
type Value = string | number;

/**
 * A put from outside, told while it is being made: it takes effect unless the listener calls `refuse` or `absorb`
 * before returning.
 */
export interface OutsidePut {
  readonly value: Value;
  /** The value as it was put: with the fraction, or the end of a text, that the PV cannot hold. */
  readonly given: Value;
  /** Bytes of UTF-8 that the PV holds of a text. */
  readonly room: number;
  /** The put fails, and the PV stays as it is. @param reason a sentence, with its full stop */
  refuse(reason: string): void;
  /** The put succeeds, and the PV stays as it is. */
  absorb(): void;
}
