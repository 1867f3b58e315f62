/** What can become of a put before anything is stored. */
import type { ClientIdentity } from "../base/client-identity.ts";
import type { FieldValue } from "./record-type.ts";

/** Why a put did not take place. */
export interface PutFailure {
  /**
   * `read-only`: only the program writes the field. `disabled`: by DISP. `refused`: by the record's guard. `failed`:
   * the value, or the record type, does not allow the put.
   */
  readonly kind: "read-only" | "disabled" | "refused" | "failed";
  /** A sentence that names PV and value. */
  readonly reason: string;
}

/** `take`: the put takes place. `absorb`: the put counts as done, but nothing is stored or processed. */
export type PutVerdict = "take" | "absorb" | PutFailure;

/**
 * Looks at a put from outside before it is stored.
 * @param value as the field would hold it, but the text for a text array may be longer than the array
 * @param by the client that makes the put; undefined: another record
 * @param given the value as it was put: with the fraction, or the end of a text, that the field cannot hold
 */
export type PutGuard = (
  field: string,
  value: FieldValue,
  by: ClientIdentity | undefined,
  given: FieldValue,
) => PutVerdict;
