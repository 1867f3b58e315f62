/**
 * A put as the put log keeps it: who, when, where, and the field's value before and after. Nothing is formatted here.
 */
import type { FieldAddress } from "../../database/field-address.ts";
import type { PutReport } from "../../database/put.ts";
import { headAt, type ValueHead } from "../../database/value-head.ts";

/** Characters of a name of a user or host. */
const MOST_CLAIMED = 64;

export interface LoggedPut {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** As the client says; hostile. */
  readonly user: string;
  /** As the client says, or its address; hostile. */
  readonly host: string;
  readonly address: FieldAddress;
  readonly before: ValueHead;
  readonly after: ValueHead;
}

/** One entry of the log: a put, or several in quick succession that were joined. */
export interface LogEntry {
  /** The last of them. */
  readonly put: LoggedPut;
  /** What the field held before the first. */
  readonly before: ValueHead;
  /** Of numbers that were joined; undefined for a single put. */
  readonly burst: Burst | undefined;
}

export interface Burst {
  /** Puts beside the last. */
  readonly joined: number;
  readonly least: number;
  readonly greatest: number;
}

/** A trapped put, right after it was stored, absorbed or refused. @param at milliseconds since 1970 UTC */
export function loggedPut({ address, before, by, result, value }: PutReport, at: number): LoggedPut {
  const held = headAt(address);
  const { user = "", host = "", peer = "" } = by ?? {};
  return {
    at,
    user,
    host: host === "" ? peer.replace(/:\d+$/, "") : host,
    address,
    before: before ?? held,
    // A number that the program absorbed is in no field.
    after: result === undefined && isNumber(held.value) && isNumber(value) ? { ...held, value } : held,
  };
}

const isNumber = (value: unknown): boolean => typeof value === "number";

/** The PV's name: the record's alone for VAL, with `$` for characters. Never an alias. */
export const pvName = ({ record, field, modifier }: FieldAddress): string =>
  `${record.name}${field === "VAL" && !modifier.asCharacters ? "" : `.${field}`}${modifier.asCharacters ? "$" : ""}`;

/** Whether clients read it as an array. */
export const isArray = ({ elements }: FieldAddress): boolean => elements > 1;

/** A piece of what a client claims, cut; hostile. */
export const claimed = (text: string): string => (text === "" ? "unknown" : text.slice(0, MOST_CLAIMED));
