/**
 * One record: its fields, array, alarm, time stamp, subscribers and links, and what its type's functions may ask of it
 * (`Rec`). When it runs is process.ts's matter; what its links lead to, link-ends.ts's.
 */
import type { Cancel, Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { type Constant, constantElements, constantNumber, constantText } from "./constants.ts";
import type { ElementType } from "./convert/arrays.ts";
import { parseLink } from "./links.ts";
import { type FieldMonitors, postTo } from "./post.ts";
import type { PutQueue } from "./put-queue.ts";
import type { PutGuard } from "./put-verdict.ts";
import type {
  ArrayValue,
  FieldValue,
  LinkMetadata,
  NumericFieldType,
  Rec,
  RecordType,
  Subroutine,
} from "./record-type.ts";
import type { FieldSpec, FieldValues, TypeLayout } from "./type-layout.ts";

/** What a record asks of the database that it is in. */
export interface RecordWorld {
  readonly clock: Clock;
  readonly log: Log;
  process(record: DbRecord): void;
  /** Goes on with a processing that was "pending". */
  resume(record: DbRecord): void;
  postEvent(event: string): void;
  subroutine(name: string): Subroutine | undefined;
}

/** The far end of a link that is not constant. An alarm on the way is raised in the record that has the link. */
export interface LinkEnd {
  readonly kind: "disconnected" | "external" | "local";
  /** Reads as `Rec.readNumber` and its companions say. */
  readNumber(type: NumericFieldType): number | undefined;
  readText(): string | undefined;
  readArray(type: ElementType, room: number): ArrayValue | undefined;
  write(value: FieldValue, from?: NumericFieldType): void;
  /** Copies the target's time stamp to the owner if the link names TIME (TSEL). @returns whether it did */
  copyTime?(): boolean;
  metadata?(): LinkMetadata | undefined;
  /** As a forward link. */
  follow(): void;
  close(): void;
}

/** Someone who waits until this record, and what it set off, has completed: a put-notify. */
export interface Completion {
  /** A link has led to `record`: it joins what is waited for, unless it is where all began. */
  join(record: DbRecord): void;
  recordDone(record: DbRecord): void;
  /** When all is complete, that shall count as a failure. */
  fail(): void;
}

const NO_INFO: ReadonlyMap<string, string> = new Map();

export class DbRecord implements Rec {
  readonly name: string;
  readonly layout: TypeLayout;
  readonly world: RecordWorld;
  readonly fields: FieldValues;
  array: ArrayValue | undefined = undefined;
  state: unknown = undefined;

  /** Time stamp: seconds since 1990 UTC, and nanoseconds. 0, 0 before the first processing. */
  seconds = 0;
  nanoseconds = 0;

  /** Subscribers by field; undefined before the first. */
  monitors: FieldMonitors[] | undefined = undefined;
  /** By link field; constant links have no end. */
  links: Map<string, LinkEnd> | undefined = undefined;
  /** The record is processing on the stack right now. PACT is also 1 while it waits to be resumed. */
  isRunning = false;
  /** The put-notify that this processing belongs to. */
  notify: Completion | undefined = undefined;
  /** Put-notifies that wait for their turn; undefined when none does. */
  waiting: PutQueue | undefined = undefined;
  guard: PutGuard | undefined = undefined;
  /** Told after each put from outside that was stored, whether or not it changed or processed anything. */
  afterPut: ((field: string) => void) | undefined = undefined;

  #info: Map<string, string> | undefined = undefined;
  #aliases: string[] | undefined = undefined;
  #later: Cancel | undefined = undefined;
  #resume: Cancel | undefined = undefined;

  constructor(name: string, layout: TypeLayout, world: RecordWorld) {
    this.name = name;
    this.layout = layout;
    this.world = world;
    this.fields = layout.newFields();
    this.setText("NAME", name);
  }

  get type(): RecordType {
    return this.layout.type;
  }
  spec(field: string): FieldSpec | undefined {
    return this.layout.specs.get(field);
  }
  /** The value of a STRING or link field, or of a long string's VAL. */
  textOf(field: string): string {
    return this.fields[field] as unknown as string;
  }
  setText(field: string, value: string): void {
    (this.fields as unknown as Record<string, string>)[field] = value;
  }
  get info(): ReadonlyMap<string, string> {
    return this.#info ?? NO_INFO;
  }
  setInfo(name: string, value: string): void {
    this.#info ??= new Map();
    this.#info.set(name, value);
  }
  get aliases(): readonly string[] {
    return this.#aliases ?? [];
  }
  addAlias(alias: string): void {
    this.#aliases ??= [];
    this.#aliases.push(alias);
  }
  /** Whether the record cannot be processed now, and a put-notify has to wait. */
  get isActive(): boolean {
    return this.isRunning || this.fields.PACT !== 0;
  }
  /** Makes the put-notify that waits for this record's completion fail. */
  failNotify(): void {
    this.notify?.fail();
  }
  /** Calls off what the record was to do later; for the end of the database. */
  stop(): void {
    this.#later?.();
    this.#resume?.();
    for (const end of this.links?.values() ?? []) end.close();
  }

  /* ── what the type's functions use: Rec ── */

  isConstantLink(link: string): boolean {
    return this.links === undefined || !this.links.has(link);
  }
  linkKind(link: string): "disconnected" | "external" | "local" | "constant" {
    return this.links?.get(link)?.kind ?? "constant";
  }
  constantNumber(link: string, type: NumericFieldType, present = 0): number | undefined {
    return this.#fromConstant(link, type, (constant) => constantNumber(constant, type, present));
  }
  constantText(link: string, present = ""): string | undefined {
    return this.#fromConstant(link, "STRING", (constant) => constantText(constant, present));
  }
  constantArray(link: string, type: ElementType, room: number): ArrayValue | undefined {
    return this.#fromConstant(link, type, (constant) => constantElements(constant, type, room));
  }
  readNumber(link: string, type: NumericFieldType): number | undefined {
    return this.links?.get(link)?.readNumber(type);
  }
  tryNumber(link: string, type: NumericFieldType): number | undefined {
    const { NSTA, NSEV } = this.fields;
    const message = this.textOf("NAMSG");
    const value = this.readNumber(link, type);
    if (value !== undefined) return value;
    Object.assign(this.fields, { NSTA, NSEV });
    this.setText("NAMSG", message);
    return undefined;
  }
  linkMetadata(link: string): LinkMetadata | undefined {
    return this.links?.get(link)?.metadata?.();
  }
  readText(link: string): string | undefined {
    return this.links?.get(link)?.readText();
  }
  readArray(link: string, type: ElementType, room: number): ArrayValue | undefined {
    return this.links?.get(link)?.readArray(type, room);
  }
  writeLink(link: string, value: FieldValue, from?: NumericFieldType): void {
    this.links?.get(link)?.write(value, from);
  }
  followLink(link: string): void {
    this.links?.get(link)?.follow();
  }
  raise(status: number, severity: number, text = ""): void {
    const { fields } = this;
    if (severity <= fields.NSEV) return;
    fields.NSEV = severity;
    fields.NSTA = status;
    this.setText("NAMSG", text);
  }
  post(field: string, mask: number): void {
    if (this.monitors !== undefined && mask !== 0) postTo(this.monitors, field, mask);
  }
  postEvent(event: string): void {
    this.world.postEvent(event);
  }
  subroutine(name: string): Subroutine | undefined {
    return this.world.subroutine(name);
  }
  warn(sentence: string): void {
    this.world.log.warn(`${this.name}: ${sentence}`);
  }
  monotonic(): number {
    return this.world.clock.monotonic();
  }
  resumeAfter(seconds: number): void {
    this.#resume = this.world.clock.after(seconds, () => this.world.resume(this));
  }
  processLater(seconds: number, before: () => void): void {
    this.#later?.();
    this.#later = this.world.clock.after(seconds, () => {
      if (this.isActive) return this.processLater(seconds, before);
      before();
      this.world.process(this);
    });
  }

  /** Converts the value of a constant link, and says so when that cannot be done. */
  #fromConstant<T>(link: string, type: ElementType, convert: (constant: Constant) => T | undefined): T | undefined {
    const row = this.spec(link)?.row;
    if (row === undefined || this.textOf(link) === "" || !this.isConstantLink(link)) return undefined;
    const parsed = parseLink(this.textOf(link), row.type as "INLINK");
    if (parsed.kind !== "constant" || parsed.value === undefined) return undefined;
    const converted = convert(parsed.value);
    if (converted === undefined) {
      this.world.log.warn(
        `${this.name}.${link}: the constant ${this.textOf(link)} gives no ${type} value; it is not used.`,
      );
    }
    return converted;
  }
}
