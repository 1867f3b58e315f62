/**
 * A record for tests of a record type's functions: fields from the type's table, links to ends that the test gives, and
 * notes of everything that was posted, written and raised. `run` does what the engine does around one processing, as
 * far as a type's functions can tell.
 */

import { COMMON_FIELDS } from "../../../src/database/common-fields.ts";
import { castNumber } from "../../../src/database/convert/numbers.ts";
import type {
  ArrayValue,
  FieldRow,
  FieldTable,
  FieldValue,
  NumericFieldType,
  Rec,
  RecordType,
  Subroutine,
} from "../../../src/database/record-type.ts";
import { DBE_ALARM } from "../../../src/epics/facts.ts";
import { FakeClock } from "./fake-clock.ts";

/**
 * Where a link leads: to a constant (a number, a text, or a list), or to a place with a value; `undefined` as value:
 * there is no such place.
 */
export type FakeLink =
  | { readonly constant: number | string | readonly (number | string)[] }
  | { value: FieldValue | undefined; readonly kind?: "external" | "local" };

export interface FakeOptions {
  /** Values by field name; a menu's choice may be given by its text. */
  readonly fields?: Readonly<Record<string, number | string>>;
  readonly links?: Readonly<Record<string, FakeLink>>;
  readonly clock?: FakeClock;
}

const INVALID = 3;
const LINK = 14;

export class FakeRecord {
  readonly name = "fake";
  /** Fields by name; at run time also texts, whatever the type says: `textOf` reads those. */
  readonly fields: Record<string, number>;
  readonly type: RecordType;
  readonly links: Record<string, FakeLink>;
  readonly clock: FakeClock;
  array: ArrayValue | undefined = undefined;
  state: unknown = undefined;
  /** Posts in order, as field and mask: `VAL 5`. `run` begins a new list. */
  posts: string[] = [];
  /** Writes through links, in order: link and value. */
  writes: [string, FieldValue][] = [];
  readonly warnings: string[] = [];
  readonly events: string[] = [];
  /** How the last processing ended. */
  result: "done" | "pending" = "done";

  constructor(type: RecordType, { fields = {}, links = {}, clock = new FakeClock() }: FakeOptions) {
    this.type = type;
    this.links = { ...links };
    this.clock = clock;
    const rows: [string, FieldRow][] = [...Object.entries(COMMON_FIELDS), ...Object.entries(type.fields)];
    this.fields = Object.fromEntries(rows.map(([name, row]) => [name, initialValue(row)])) as Record<string, number>;
    for (const [name, value] of Object.entries(fields)) this.set(name, value);
    type.support.initialize?.(this.asRec, 0);
    type.support.initialize?.(this.asRec, 1);
    this.posts = [];
  }

  get asRec(): Rec {
    return this as unknown as Rec;
  }
  /** The alarm, as clients see it: `HIHI MAJOR`. */
  get alarm(): string {
    const { STAT, SEVR } = this.fields;
    return `${COMMON_FIELDS.STAT.menu.choices[STAT ?? 0]} ${COMMON_FIELDS.SEVR.menu.choices[SEVR ?? 0]}`;
  }
  textOf(name: string): string {
    return String(this.fields[name]);
  }
  set(name: string, value: number | string): void {
    const choices = { ...COMMON_FIELDS, ...this.type.fields }[name] as FieldRow | undefined;
    const index = typeof value === "string" ? (choices?.menu?.choices.indexOf(value) ?? -1) : -1;
    (this.fields as Record<string, unknown>)[name] = index >= 0 ? index : value;
    if (name === "VAL") this.fields["UDF"] = 0;
  }
  /** Puts a value and tells the type. */
  put(name: string, value: number | string): boolean {
    this.set(name, value);
    return this.type.support.afterPut?.(this.asRec, name) ?? true;
  }
  /** Processes once, with `values` put before. */
  run(values: Readonly<Record<string, number | string>> = {}): this {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
    this.posts = [];
    this.writes = [];
    this.#process();
    return this;
  }

  isConstantLink(link: string): boolean {
    const end = this.links[link];
    return end === undefined || "constant" in end;
  }
  linkKind(link: string): string {
    const end = this.links[link];
    if (end === undefined || "constant" in end) return "constant";
    return end.value === undefined ? "disconnected" : (end.kind ?? "local");
  }
  #constant(link: string): unknown {
    const end = this.links[link];
    return end !== undefined && "constant" in end ? end.constant : undefined;
  }
  constantNumber(link: string): number | undefined {
    const value = this.#constant(link);
    return typeof value === "number" ? value : undefined;
  }
  constantText(link: string): string | undefined {
    const value = this.#constant(link);
    return typeof value === "number" || typeof value === "string" ? String(value) : undefined;
  }
  constantArray(link: string): unknown {
    const value = this.#constant(link);
    return typeof value === "number" ? [value] : value;
  }
  #read(link: string): unknown {
    const end = this.links[link];
    if (end === undefined || "constant" in end) return undefined;
    if (end.value === undefined) this.raise(LINK, INVALID);
    return end.value;
  }
  linkMetadata(_link: string): undefined {
    return undefined;
  }
  readNumber(link: string, type: NumericFieldType): number | undefined {
    const value = this.#read(link);
    return value === undefined ? undefined : castNumber(Number(value), type);
  }
  tryNumber(link: string, type: NumericFieldType): number | undefined {
    const value = (this.links[link] as { value?: unknown } | undefined)?.value;
    return value === undefined ? undefined : castNumber(Number(value), type);
  }
  readText(link: string): string | undefined {
    const value = this.#read(link);
    return value === undefined ? undefined : `${value as string | number}`;
  }
  readArray(link: string): ArrayValue | undefined {
    return this.#read(link) as ArrayValue | undefined;
  }
  writeLink(link: string, value: FieldValue): void {
    this.writes.push([link, value]);
  }
  followLink(): void {}
  postEvent(event: string): void {
    if (event !== "") this.events.push(event);
  }
  subroutine(): Subroutine | undefined {
    return undefined;
  }
  warn(sentence: string): void {
    this.warnings.push(sentence);
  }
  raise(status: number, severity: number): void {
    if (severity <= (this.fields["NSEV"] ?? 0)) return;
    this.fields["NSEV"] = severity;
    this.fields["NSTA"] = status;
  }
  post(field: string, mask: number): void {
    if (mask !== 0) this.posts.push(`${field} ${mask}`);
  }
  monotonic(): number {
    return this.clock.monotonic();
  }
  resumeAfter(seconds: number): void {
    this.clock.after(seconds, () => this.#process());
  }
  processLater(seconds: number, before: () => void): void {
    this.clock.after(seconds, () => {
      before();
      this.#process();
    });
  }

  #process(): void {
    const { support } = this.type;
    this.result = support.process(this.asRec);
    this.fields["PACT"] = this.result === "pending" ? 1 : 0;
    if (this.result === "done") support.monitor(this.asRec, this.#resetAlarms());
  }
  #resetAlarms(): number {
    const { STAT, SEVR, NSTA = 0, NSEV = 0 } = this.fields;
    Object.assign(this.fields, { STAT: NSTA, SEVR: NSEV, NSTA: 0, NSEV: 0 });
    return STAT === NSTA && SEVR === NSEV ? 0 : DBE_ALARM;
  }
}

/** A record of this type whose value is already defined and posted once, without an alarm. */
export function fakeRecord(type: RecordType, options: FakeOptions = {}): FakeRecord {
  const record = new FakeRecord(type, options);
  Object.assign(record.fields, { STAT: 0, SEVR: 0 });
  return record;
}

function initialValue(row: FieldTable[string]): number | string {
  const { initial, menu } = row;
  if (["STRING", "INLINK", "OUTLINK", "FWDLINK", "NOACCESS"].includes(row.type))
    return initial === undefined ? "" : String(initial);
  const index = typeof initial === "string" ? (menu?.choices.indexOf(initial) ?? -1) : -1;
  return index >= 0 ? index : Number(initial ?? 0);
}
