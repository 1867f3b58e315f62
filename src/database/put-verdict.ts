/** What can become of a put before anything is stored. */
import type { ClientIdentity } from "../base/client-identity.ts";
import type { FieldValue } from "./record-type.ts";

/** Why a put did not take place. */
export interface PutFailure {
  /**
   * `read-only`: no put ever will. `disabled`: DISP. `refused`: the record's guard. `failed`: the value, or the record
   * type, does not allow it.
   */
  readonly kind: "read-only" | "disabled" | "refused" | "failed";
  /** A sentence that names PV and value. */
  readonly reason: string;
}

/** `take`: the put takes place. `absorb`: the put counts as done, but nothing is stored and nothing processed. */
export type PutVerdict = "take" | "absorb" | PutFailure;

/**
 * Looks at a put from outside before it is stored.
 * @param value as the field would hold it, but for a text array, whose text may be longer than it
 * @param by who makes the put; undefined: another record
 * @param given as it was put: with the fraction, or the end of a text, that the field cannot hold
 */
export type PutGuard = (
  field: string,
  value: FieldValue,
  by: ClientIdentity | undefined,
  given: FieldValue,
) => PutVerdict;
