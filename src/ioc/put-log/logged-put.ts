/**
 * A put as the put log keeps it: who, when, where, and the field's value before and after. Nothing is formatted here.
 */
import { peerAddress, userOf } from "../../base/client-identity.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import type { PutReport } from "../../database/put.ts";
import { headAt, type ValueHead } from "../../database/value-head.ts";

/** Characters of a name of a user or host. */
const MOST_CLAIMED = 64;
const MOST_OF_NAME = 128;

export interface LoggedPut {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** As the client says, where nobody has checked it; hostile. */
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

/**
 * A trapped put, right after it was stored, absorbed or refused.
 * @param at milliseconds since 1970 UTC
 * @param byAddress hosts are addresses, whatever clients say
 */
export function loggedPut({ address, before, by, result, value }: PutReport, at: number, byAddress = false): LoggedPut {
  const held = headAt(address);
  const { host = "", peer = "" } = by ?? {};
  return {
    at,
    user: by === undefined ? "" : userOf(by),
    host: byAddress || host === "" ? peerAddress({ peer }) : host,
    address,
    before: before ?? held,
    // A number that the program absorbed is in no field.
    after: result === undefined && isNumber(held.value) && isNumber(value) ? { ...held, value } : held,
  };
}

const isNumber = (value: unknown): boolean => typeof value === "number";

/** The PV's name: the record's alone for VAL, with `$` for characters. Never an alias. */
export function pvName({ record, field, modifier }: FieldAddress): string {
  const name = field === "VAL" && !modifier.asCharacters ? record.name : `${record.name}.${field}`;
  return modifier.asCharacters ? `${name}$` : name;
}

/** Whether clients read it as an array. */
export const isArray = ({ elements }: FieldAddress): boolean => elements > 1;

/**
 * Writes the names in a line as a form has them, and remembers them: a client puts often.
 * @param written the form of one name, which is cut and hostile
 */
export class WrittenNames {
  readonly #written: (name: string) => string;
  readonly #pvs = new WeakMap<FieldAddress, string>();
  #last: Pick<LoggedPut, "user" | "host"> | undefined;
  #user = "";
  #host = "";

  constructor(written: (name: string) => string) {
    this.#written = written;
  }
  pv(address: FieldAddress): string {
    let name = this.#pvs.get(address);
    if (name === undefined) {
      name = this.#written(pvName(address).slice(0, MOST_OF_NAME));
      this.#pvs.set(address, name);
    }
    return name;
  }
  user(put: LoggedPut): string {
    this.#of(put);
    return this.#user;
  }
  host(put: LoggedPut): string {
    this.#of(put);
    return this.#host;
  }
  #of({ user, host }: LoggedPut): void {
    if (this.#last?.user === user && this.#last.host === host) return;
    this.#last = { user, host };
    this.#user = this.#written(claimed(user));
    this.#host = this.#written(claimed(host));
  }
}

const claimed = (text: string): string => (text === "" ? "unknown" : text.slice(0, MOST_CLAIMED));
