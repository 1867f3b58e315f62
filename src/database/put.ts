/**
 * A put from a client, the shell, a link, or the program itself: convert, refuse or store, post, process. put-notify.ts
 * waits for the completion. channel-access.md §2.8, §4.1; epics-base: dbAccess.c dbPutField, dbPut.
 */

import type { ClientIdentity } from "../base/client-identity.ts";
import type { Listeners } from "../base/listeners.ts";
import { DBE_LOG, DBE_PROPERTY, DBE_VALUE } from "../epics/facts.ts";
import { castInto, type ElementType, elementTypeOf } from "./convert/arrays.ts";
import { convertPut, type FieldPutOptions, type PutOrigin } from "./convert/convert-put.ts";
import { storeText } from "./convert/text-array.ts";
import type { FieldAddress } from "./field-address.ts";
import { postToAll } from "./post.ts";
import type { Processor } from "./process.ts";
import type { PutFailure, PutVerdict } from "./put-verdict.ts";
import type { DbRecord } from "./record.ts";
import type { ArrayValue, FieldValue } from "./record-type.ts";
import { headAt, type ValueHead } from "./value-head.ts";

/** undefined: the put was done. */
export type PutResult = PutFailure | undefined;

/**
 * A put from outside, or by another record: reported when it is stored and nothing is processed yet, or when it is
 * refused.
 */
export interface PutReport {
  readonly address: FieldAddress;
  /** The value as the field takes it; as it came where the field does not take it. */
  readonly value: FieldValue;
  /** undefined: another record. */
  readonly by: ClientIdentity | undefined;
  readonly result: PutResult;
  /** The rule of access security that let the put pass says TRAPWRITE. */
  readonly isTrapped: boolean;
  /** What the field held; undefined unless the put is trapped and somebody listens to such puts. */
  readonly before: ValueHead | undefined;
}

/** What a put needs of the rest of the database. */
export interface PutWorld {
  readonly processor: Processor;
  /** Takes the record off its scan list, before SCAN, PHAS, EVNT or PRIO change. */
  unscan(record: DbRecord): void;
  /** Puts the record on the scan list that it belongs to, after such a change. */
  scan(record: DbRecord): void;
  /** Gives a link field another text. @throws DatabaseError */
  setLink(record: DbRecord, field: string, text: string): void;
  /** Called when ASG has changed. */
  changeAccess(record: DbRecord): void;
  /** Told of each put that is not the program's own, once the put is stored or refused. */
  readonly putMade: Listeners<[put: PutReport]>;
  /** As `putMade`, of trapped puts alone, with what the field held. */
  readonly putTrapped: Listeners<[put: PutReport]>;
}

const CLIENT_NUMBER: FieldPutOptions = {};

export class Putter {
  readonly #world: PutWorld;

  constructor(world: PutWorld) {
    this.#world = world;
  }

  /** Stores `value` and, where the field says so and the record is Passive, processes. */
  put(address: FieldAddress, value: FieldValue, options: FieldPutOptions = CLIENT_NUMBER): PutResult {
    const verdict = this.store(address, value, options);
    if (verdict !== "take") return failureOf(verdict);
    if (this.wantsProcessing(address)) this.#world.processor.processOrRepeat(address.record);
    return undefined;
  }

  /** Whether a put to this field processes its record. */
  wantsProcessing({ spec, record }: FieldAddress): boolean {
    return (spec.processes && record.fields.SCAN === 0) || spec.name === "PROC";
  }

  /** Judges `value`, stores what is taken and posts, but processes nothing. */
  store(address: FieldAddress, value: FieldValue, options: FieldPutOptions): PutVerdict {
    const converted = convertPut(address, value, options);
    const verdict = this.judge(address, value, converted, options);
    return verdict === "take" ? (this.storeTaken(address, converted!, options) ?? verdict) : verdict;
  }

  /**
   * Judges a put, and asks the record's guard.
   * @param converted `value` as the field would hold it; undefined: the field cannot hold the value
   */
  judge(
    address: FieldAddress,
    value: FieldValue,
    converted: FieldValue | undefined,
    options: FieldPutOptions,
  ): PutVerdict {
    const verdict = verdictOn(address, value, converted, options);
    if (verdict !== "take") {
      this.#tell(address, converted ?? value, options, this.#before(address, options), failureOf(verdict));
    }
    return verdict;
  }

  /** Why the record takes no puts now; asked once more of a put that has waited since it was judged. */
  disabled(address: FieldAddress, value: FieldValue, options: FieldPutOptions): PutResult {
    const failure = disabledBy(address, originOf(options));
    if (failure !== undefined) this.#tell(address, value, options, this.#before(address, options), failure);
    return failure;
  }

  /** Stores the converted value of a put that was judged before, and posts. */
  storeTaken(address: FieldAddress, converted: FieldValue, options: FieldPutOptions): PutResult {
    const { record } = address;
    const before = this.#before(address, options);
    const failure = this.#assign(address, converted, options);
    if (failure === undefined && record.afterPut !== undefined && originOf(options) === "client") {
      record.afterPut(address.field);
    }
    this.#tell(address, converted, options, before, failure);
    return failure;
  }

  #before(address: FieldAddress, { isTrapped }: FieldPutOptions): ValueHead | undefined {
    return isTrapped === true && this.#world.putTrapped.size > 0 ? headAt(address) : undefined;
  }
  /** Tells who listens of a put that is not the program's; allocates nothing where nobody does, as of most puts. */
  #tell(
    address: FieldAddress,
    value: FieldValue,
    { origin, by, isTrapped = false }: FieldPutOptions,
    before: ValueHead | undefined,
    result: PutResult,
  ): void {
    const { putMade, putTrapped } = this.#world;
    if (origin === "program" || (putMade.size === 0 && before === undefined)) return;
    const put: PutReport = { address, value, by, isTrapped, before, result };
    putMade.notify(put);
    if (before !== undefined) putTrapped.notify(put);
  }

  #assign(address: FieldAddress, value: FieldValue, options: FieldPutOptions): PutResult {
    const { record, spec, field } = address;
    const { special } = spec.row;
    if (special === "SPC_SCAN") this.#world.unscan(record);
    if (address.kind === "link") return this.#assignLink(address, value as string);
    if (address.kind === "array") {
      const failure = assignArray(address, value, options);
      if (failure !== undefined) return failure;
    } else if (address.kind === "text") record.setText(field, value as string);
    else record.fields[field] = value as number;
    if (special === "SPC_SCAN") this.#world.scan(record);
    if (special === "SPC_AS") this.#world.changeAccess(record);
    if (!tellType(address)) return failed(address, `the record type does not take ${describe(value)}`);
    if (spec.isValue) record.fields.UDF = 0;
    if (record.monitors !== undefined) {
      if (!spec.isValue || !spec.processes) record.post(field, DBE_VALUE | DBE_LOG);
      if (spec.row.prop === true) postToAll(record.monitors, DBE_PROPERTY);
    }
    return undefined;
  }

  #assignLink(address: FieldAddress, text: string): PutResult {
    try {
      this.#world.setLink(address.record, address.field, text);
    } catch (thrown) {
      return failed(address, (thrown as Error).message);
    }
    if (!tellType(address)) return failed(address, `the record type does not take ${describe(text)}`);
    address.record.post(address.field, DBE_VALUE | DBE_LOG);
    return undefined;
  }
}

/** @returns whether the record type agrees with what has been stored */
function tellType({ spec, record, field }: FieldAddress): boolean {
  return !spec.isSpecial || record.type.support.afterPut?.(record, field) !== false;
}

const originOf = (options: FieldPutOptions): PutOrigin => options.origin ?? "client";

function verdictOn(
  address: FieldAddress,
  value: FieldValue,
  converted: FieldValue | undefined,
  options: FieldPutOptions,
): PutVerdict {
  const { record, spec } = address;
  const origin = originOf(options);
  if (spec.attribute !== undefined) return failed(address, "it is the same for all records of the type");
  if (spec.isReadOnly && origin !== "program") return { kind: "read-only", reason: `${address.name} is read-only.` };
  const disabled = disabledBy(address, origin);
  if (disabled !== undefined) return disabled;
  if (origin === "link" && address.kind === "link") {
    return failed(address, "a link is changed by clients, not by another record's link");
  }
  if (converted === undefined) return failed(address, `it does not take ${describe(value)}`);
  if (record.guard === undefined || origin === "program") return "take";
  return record.guard(address.field, converted, options.by, value);
}

function disabledBy({ record, spec }: FieldAddress, origin: PutOrigin): PutFailure | undefined {
  if (origin !== "client" || record.fields.DISP === 0 || spec.name === "DISP") return undefined;
  return { kind: "disabled", reason: `${record.name} takes no puts: its DISP is not 0.` };
}

/** The result that the sender is told: an absorbed put is done. */
export const failureOf = (verdict: PutVerdict): PutResult => (typeof verdict === "string" ? undefined : verdict);

const failed = (address: FieldAddress, why: string): PutFailure => ({
  kind: "failed",
  reason: `${address.name} cannot be put: ${why}.`,
});

function assignArray(address: FieldAddress, value: FieldValue, options: FieldPutOptions): PutResult {
  const { record } = address;
  const array = record.array!;
  const before = record.fields["NORD"];
  let length: number | undefined;
  if (address.isTextArray) length = storeText(array as Uint8Array, value as string);
  else {
    const values = typeof value === "object" ? value : [value];
    const type = (options.from ?? elementTypeOf(values)) as ElementType;
    const count = Math.min(options.length ?? values.length, values.length);
    if (isNoElement(values, count, address.elementType)) return failed(address, `it does not take ${describe(value)}`);
    const precision = address.type === "STRING" ? address.precision : undefined;
    length = castInto(array, address.elementType, { values, length: count, type, precision });
  }
  if (length === undefined) return failed(address, `${describe(value)} is not all numbers`);
  if (before === undefined) return undefined;
  record.fields["NORD"] = length;
  if (length !== before) record.post("NORD", DBE_VALUE | DBE_LOG);
  return undefined;
}

/** Whether an array holds an empty text where numbers are wanted, or is a single text for an array of states. */
function isNoElement(values: ArrayValue | readonly (number | string)[], count: number, type: ElementType): boolean {
  if (!Array.isArray(values) || type === "STRING") return false;
  const isText = typeof values[0] === "string";
  return (isText && type === "ENUM" && count === 1) || values.slice(0, count).includes("");
}

/** A value, short enough for a sentence. */
function describe(value: FieldValue): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value.length > 40 ? `"${value.slice(0, 40)}…"` : `"${value}"`;
  return `${value.length} elements`;
}
