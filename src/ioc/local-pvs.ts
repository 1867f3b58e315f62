/**
 * This IOC's own PVs as Observables and puts, for a program in the same process. Here text is Unicode; the database
 * below has byte strings (decision 0014). It knows no PV's name or meaning, only the prefix that it is given.
 */

import { Observable, Subject } from "rxjs";
import type { ClientIdentity } from "../base/client-identity.ts";
import { AppError } from "../base/errors.ts";

import { cutLength } from "../database/convert/text-array.ts";
import type { Database } from "../database/database.ts";
import type { FieldAddress } from "../database/field-address.ts";
import type { PutVerdict } from "../database/put-verdict.ts";
import { longTextAt, numberAt } from "../database/read.ts";
import type { DbRecord } from "../database/record.ts";
import type { FieldValue } from "../database/record-type.ts";
import { stateFields } from "../database/record-types/parts/shared-fields.ts";
import { fromByteString, toByteString } from "../epics/byte-string.ts";
import { DBE_ALARM, DBE_VALUE, STATE_NAME_BYTES, STRING_BYTES } from "../epics/facts.ts";

/** A PV's value: Unicode text, or a number, which for an enum is its index. */
export type LocalValue = string | number;

/**
 * A put by a client, told before it takes effect; it takes effect unless `refuse` or `absorb` is called before the
 * listener returns.
 */
export interface LocalPut {
  readonly value: LocalValue;
  /** The value as it was put: with the fraction, or the end of a text, that the PV cannot hold. */
  readonly given: LocalValue;
  /** Bytes of UTF-8 that the PV holds of a text. */
  readonly room: number;
  /** Who makes the put; undefined: another record. */
  readonly by: ClientIdentity | undefined;
  /** The put fails, and the PV stays as it is. @param reason a sentence, with its full stop */
  refuse(reason?: string): void;
  /** The put succeeds, and the PV stays as it is. */
  absorb(): void;
}

/** A PV that the program needs is not in the database, or does not take what it must. */
export class LocalPvError extends AppError {}

export class LocalPvs {
  readonly #database: Database;
  readonly #prefix: string;
  readonly #addresses = new Map<string, FieldAddress>();
  readonly #puts = new Map<string, Subject<LocalPut>>();

  /** @param prefix `2bmb:Globus:`; suffixes go behind it */
  constructor(database: Database, prefix: string) {
    this.#database = database;
    this.#prefix = prefix;
  }

  /** The suffixes among `wanted` that no record has. */
  missing(wanted: Iterable<string>): string[] {
    return [...wanted].filter((suffix) => this.#database.find(this.#prefix + suffix) === undefined);
  }

  /**
   * Makes each of these PVs that is undefined, or has no time stamp, count with the value that it holds. To be called
   * after the restore.
   */
  define(suffixes: Iterable<string>): void {
    for (const suffix of suffixes) {
      const { record } = this.#address(suffix);
      if (record.fields.UDF !== 0 || record.seconds === 0) this.#database.define(record);
    }
  }

  get(suffix: string): LocalValue {
    return valueAt(this.#address(suffix));
  }

  /** The present value, and each later value, by any writer; two equal values in a row are possible. */
  value$(suffix: string): Observable<LocalValue> {
    return new Observable<LocalValue>((subscriber) => {
      const address = this.#address(suffix);
      subscriber.next(valueAt(address));
      const subscription = this.#database.subscribe(address, DBE_VALUE | DBE_ALARM, () =>
        subscriber.next(valueAt(address)),
      );
      return () => subscription.cancel();
    });
  }

  /** Puts to the record's value by clients and by other records' links. */
  puts$(suffix: string): Observable<LocalPut> {
    const known = this.#puts.get(suffix);
    if (known !== undefined) return known;
    const puts = new Subject<LocalPut>();
    this.#puts.set(suffix, puts);
    const { record } = this.#address(suffix);
    record.guard = (field, value, by, given) =>
      field === VALUE_FIELD ? askListeners(puts, record, { value, by, given }) : "take";
    return puts;
  }

  /**
   * Writes as the program: to records that clients cannot write, too. Text that does not fit is cut between two
   * characters, an array at its end.
   * @throws LocalPvError when the record cannot hold such a value
   */
  put(suffix: string, value: LocalValue | readonly string[] | readonly number[]): void {
    const address = this.#address(suffix);
    const failure = this.#database.putInternal(address, databaseValue(address, value));
    if (failure !== undefined) throw new LocalPvError(failure.reason);
  }

  /**
   * Gives a record of sixteen states these names, by index, and no others; clients are told (DBE_PROPERTY). A name that
   * is too long is cut between two characters.
   */
  nameStates(suffix: string, names: readonly string[]): void {
    for (const [index, field] of STATE_NAMES.entries()) {
      const bytes = toByteString(names[index] ?? "");
      const name = bytes.slice(0, cutLength(bytes, STATE_NAME_BYTES - 1));
      const address = this.#address(`${suffix}.${field}`);
      if (longTextAt(address) !== name) this.#database.putInternal(address, name);
    }
  }

  /** Sets a command record back to 0 and lets a waiting put-callback complete, with an error unless `succeeded`. */
  finish(suffix: string, succeeded: boolean): void {
    if (!succeeded) this.#address(suffix).record.failNotify();
    this.put(suffix, 0);
  }

  #address(suffix: string): FieldAddress {
    const known = this.#addresses.get(suffix);
    if (known !== undefined) return known;
    const name = this.#prefix + suffix;
    const address = this.#database.find(name);
    if (address === undefined)
      throw new LocalPvError(`There is no PV ${name}. Load the database that defines it before iocInit.`);
    this.#addresses.set(suffix, address);
    return address;
  }
}

const STATE_NAMES = stateFields("ST");

/** The field of a record that `puts$` watches. */
const VALUE_FIELD = "VAL";

interface GuardedPut {
  readonly value: FieldValue;
  readonly by: ClientIdentity | undefined;
  readonly given: FieldValue;
}

/**
 * What was put, a number where the PV is a number. Of an array only the first element counts, as for the record; the
 * text of a text array is whole in `value`.
 */
function givenValue(value: FieldValue, given: FieldValue): LocalValue {
  const first = typeof given === "object" ? given[0] : given;
  if (typeof value === "number") return typeof first === "string" ? value : Number(first ?? value);
  if (typeof value !== "string") return "";
  return fromByteString(typeof given === "string" ? given : value);
}

function askListeners(puts: Subject<LocalPut>, record: DbRecord, { value, by, given }: GuardedPut): PutVerdict {
  let verdict: PutVerdict = "take";
  puts.next({
    value: typeof value === "number" ? value : typeof value === "string" ? fromByteString(value) : "",
    given: givenValue(value, given),
    room: record.array === undefined ? STRING_BYTES - 1 : record.array.length - 1,
    by,
    refuse: (reason = `${record.name} does not take this put now.`) => {
      verdict = { kind: "refused", reason };
    },
    absorb: () => {
      verdict = "absorb";
    },
  });
  return verdict;
}

function valueAt(address: FieldAddress): LocalValue {
  if (address.kind === "number" || address.kind === "enum" || address.kind === "menu")
    return numberAt(address, "DOUBLE") ?? 0;
  return fromByteString(longTextAt(address));
}

function databaseValue({ kind }: FieldAddress, value: LocalValue | readonly string[] | readonly number[]): FieldValue {
  if (typeof value === "number") return value;
  if (typeof value === "string") return kind === "text" ? shortText(value) : toByteString(value);
  return value.every((one) => typeof one === "string") ? value.map(shortText) : Float64Array.from(value);
}

/** As much of a text as a string of EPICS holds; the database cuts at any byte. */
function shortText(text: string): string {
  const bytes = toByteString(text);
  return bytes.slice(0, cutLength(bytes, STRING_BYTES - 1));
}
