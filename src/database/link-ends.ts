/**
 * Where links lead: to a field of this database, to a PV of another process through `ExternalLinks`, or nowhere. A link
 * that cannot be read or written raises LINK/INVALID in its record. channel-access.md §5.3; epics-base: dbDbLink.c,
 * dbLink.c.
 */
import { DBE_ALARM, DBE_VALUE } from "../epics/facts.ts";
import { SEVERITY, STATUS } from "./alarms.ts";
import { castArray, type ElementType, elementTypeOf } from "./convert/arrays.ts";
import { convertPut, type FieldPutOptions } from "./convert/convert-put.ts";
import type { FieldAddress } from "./field-address.ts";
import { linkElementsAt, linkNumberAt, linkTextAt } from "./link-read.ts";
import type { LinkSeverity, PvLink } from "./links.ts";
import { metadataAt } from "./metadata.ts";
import { type FieldSubscription, subscribeTo } from "./post.ts";
import type { Processor } from "./process.ts";
import type { Putter } from "./put.ts";
import type { DbRecord, LinkEnd } from "./record.ts";
import type { ArrayValue, FieldValue, LinkMetadata, NumericFieldType } from "./record-type.ts";
import { SCAN_PASSIVE } from "./scan.ts";

/** A PV of another process, seen through a Channel Access client. */
export interface ExternalPv {
  /** Undefined while it is not connected or has not sent a value. */
  readonly value: FieldValue | undefined;
  readonly status: number;
  readonly severity: number;
  /** Does not wait. @returns false when it is not connected */
  put(value: FieldValue): boolean;
  close(): void;
}

/** Connects links with other processes. */
export interface ExternalLinks {
  /** @param changed called at each new value or alarm, and when the connection comes or goes */
  open(name: string, changed: () => void): ExternalPv;
}

/** What link ends need of the database. */
export interface LinkWorld {
  readonly processor: Processor;
  readonly putter: Putter;
}

/** Raises in `record` the alarm that its link inherits from the other end. epics-base: recGbl.c recGblInheritSevrMsg */
function inherit(record: DbRecord, mode: LinkSeverity, status: number, severity: number, text = ""): void {
  if (mode === "NMS" || severity === 0) return;
  if (mode === "MSI" && severity < SEVERITY.INVALID) return;
  if (mode === "MSS") record.raise(status, severity, text);
  else record.raise(STATUS.LINK, severity);
}

/** A field of a record; as the owner of an end, its link field. */
export interface LinkOwner {
  readonly record: DbRecord;
  readonly field: string;
}

/** The link could not be read or written. */
export function raiseLink({ record, field }: LinkOwner): undefined {
  record.raise(STATUS.LINK, SEVERITY.INVALID, `field ${field}`);
}

/** CP and CPP: changes of the target process the owner, soon and once for many. */
function processOnChange(owner: DbRecord, link: PvLink, processor: Processor): () => void {
  let isAsked = false;
  return () => {
    if (isAsked || (link.access === "CPP" && owner.fields.SCAN !== SCAN_PASSIVE)) return;
    isAsked = true;
    processor.soon(() => {
      isAsked = false;
      processor.processOrRepeat(owner);
    });
  };
}

/** CP and CPP to a field of this database: its posts process the owner, and so does the opening of the link. */
function followChanges(
  owner: LinkOwner,
  link: PvLink,
  target: LinkOwner,
  processor: Processor,
): FieldSubscription | undefined {
  if (link.access !== "CP" && link.access !== "CPP") return undefined;
  const changed = processOnChange(owner.record, link, processor);
  changed();
  return subscribeTo(target.record, target.field, DBE_VALUE | DBE_ALARM, changed);
}

/**
 * Whether a forward link does anything by Channel Access: it writes 1, and only to PROC. epics-base: dbLink.c
 * dbInitLink, pvlOptFWD
 * @param name of the PV
 */
export const isForwardByChannel = (name: string): boolean => /[.][^.]*PROC[^.]*$/.test(name);

/**
 * A field of this database. With CA, CP or CPP base reaches it through Channel Access; here it is read as without these
 * words, and written in a later turn, as a client's put.
 */
export class LocalEnd implements LinkEnd {
  readonly kind: "local" | "external";
  readonly #owner: LinkOwner;
  readonly #link: PvLink;
  readonly #target: FieldAddress;
  readonly #world: LinkWorld;
  /** For texts and arrays. */
  readonly #putOptions: FieldPutOptions;
  /** For numbers. */
  readonly #numberOptions: FieldPutOptions;
  readonly #subscription: FieldSubscription | undefined;
  #isDescribing = false;
  /** The log has been told that puts are refused. */
  #isRefusalTold = false;

  constructor(owner: LinkOwner, link: PvLink, target: FieldAddress, world: LinkWorld) {
    this.#owner = owner;
    this.#link = link;
    this.#target = target;
    this.#world = world;
    this.kind = link.access === "NPP" || link.access === "PP" ? "local" : "external";
    const ownType = owner.record.spec("VAL")?.row.type;
    const isInteger = ownType === "LONG" || ownType === "INT64" || ownType === "ENUM";
    this.#putOptions = link.access === "CA" ? CHANNEL_PUT : LINK_PUT;
    this.#numberOptions = isInteger ? { ...this.#putOptions, from: ownType } : this.#putOptions;
    this.#subscription = followChanges(owner, link, target, world.processor);
  }

  readNumber(type: NumericFieldType): number | undefined {
    this.#beforeRead();
    return linkNumberAt(this.#target, type) ?? raiseLink(this.#owner);
  }
  readText(): string | undefined {
    this.#beforeRead();
    return linkTextAt(this.#target) ?? raiseLink(this.#owner);
  }
  readArray(type: ElementType, room: number): ArrayValue | undefined {
    this.#beforeRead();
    return linkElementsAt(this.#target, type, room) ?? raiseLink(this.#owner);
  }
  /** Two records may ask each other; the second asker gets no answer. */
  metadata(): LinkMetadata | undefined {
    if (this.#isDescribing) return undefined;
    this.#isDescribing = true;
    try {
      return metadataAt(this.#target);
    } finally {
      this.#isDescribing = false;
    }
  }
  write(value: FieldValue, from?: NumericFieldType): void {
    const { processor, putter } = this.#world;
    const target = this.#target;
    const owner = this.#owner;
    const byType = from === undefined ? this.#numberOptions : { ...this.#putOptions, from };
    const options = typeof value === "number" ? byType : this.#putOptions;
    if (this.#link.access === "CA") return this.#writeLater(value, options);
    const verdict = putter.store(target, value, options);
    const { fields } = owner.record;
    inherit(target.record, this.#link.severity, fields.NSTA, fields.NSEV, owner.record.textOf("NAMSG"));
    if (verdict !== "take") {
      if (verdict !== "absorb") raiseLink(owner);
      return;
    }
    const isPassive = target.record.fields.SCAN === SCAN_PASSIVE;
    if (target.field === "PROC" || (this.#link.access === "PP" && isPassive)) {
      processor.processTarget(owner.record, target.record);
    }
  }
  follow(): void {
    const { record } = this.#target;
    if (this.#link.access === "CA") {
      if (isForwardByChannel(this.#link.name)) this.#writeLater(1, CHANNEL_PUT);
    } else if (record.fields.SCAN === SCAN_PASSIVE) this.#world.processor.processTarget(this.#owner.record, record);
  }
  close(): void {
    this.#subscription?.cancel();
  }

  #beforeRead(): void {
    const { record } = this.#target;
    const owner = this.#owner.record;
    if (this.#link.access === "PP" && record.fields.SCAN === SCAN_PASSIVE) {
      this.#world.processor.processTarget(owner, record);
    }
    if (record === owner && this.kind === "local") return;
    inherit(owner, this.#link.severity, record.fields.STAT, record.fields.SEVR, record.textOf("AMSG"));
  }
  #writeLater(value: FieldValue, options: FieldPutOptions): void {
    const { processor, putter } = this.#world;
    if (convertPut(this.#target, value, options) === undefined) return raiseLink(this.#owner);
    processor.soon(() => {
      const failure = putter.put(this.#target, value, options);
      if (failure !== undefined && !this.#isRefusalTold)
        this.#owner.record.warn(`${this.#owner.field}: ${failure.reason}`);
      this.#isRefusalTold = failure !== undefined;
    });
  }
}

const LINK_PUT: FieldPutOptions = { origin: "link" };
const CHANNEL_PUT: FieldPutOptions = { origin: "client" };

/** TSEL that names another record's TIME. */
export class TimeEnd implements LinkEnd {
  readonly kind = "local";
  readonly #owner: LinkOwner;
  readonly #target: DbRecord;
  readonly #subscription: FieldSubscription | undefined;

  constructor(owner: LinkOwner, link: PvLink, target: DbRecord, processor: Processor) {
    this.#owner = owner;
    this.#target = target;
    this.#subscription = followChanges(owner, link, { record: target, field: "VAL" }, processor);
  }
  copyTime(): boolean {
    this.#owner.record.seconds = this.#target.seconds;
    this.#owner.record.nanoseconds = this.#target.nanoseconds;
    return true;
  }
  readNumber(): number | undefined {
    return this.#target.seconds;
  }
  readText(): undefined {
    return raiseLink(this.#owner);
  }
  readArray(): undefined {
    return raiseLink(this.#owner);
  }
  write(): boolean {
    raiseLink(this.#owner);
    return false;
  }
  follow(): void {}
  close(): void {
    this.#subscription?.cancel();
  }
}

/** A PV of another process, or of none: without `ExternalLinks` it stays disconnected. */
export class ExternalEnd implements LinkEnd {
  readonly #owner: LinkOwner;
  readonly #link: PvLink;
  readonly #pv: ExternalPv | undefined;

  constructor(owner: LinkOwner, link: PvLink, external: ExternalLinks | undefined, world: LinkWorld) {
    this.#owner = owner;
    this.#link = link;
    const isWatched = link.access === "CP" || link.access === "CPP";
    const changed = isWatched ? processOnChange(owner.record, link, world.processor) : () => {};
    this.#pv = external?.open(link.name, changed);
  }
  get kind(): "external" | "disconnected" {
    return this.#pv?.value === undefined ? "disconnected" : "external";
  }
  readNumber(type: NumericFieldType): number | undefined {
    const first = this.readArray(type, 1)?.[0];
    return first === undefined ? undefined : Number(first);
  }
  readText(): string | undefined {
    return this.readArray("STRING", 1)?.[0] as string | undefined;
  }
  readArray(type: ElementType, room: number): ArrayValue | undefined {
    const value = this.#read();
    if (value === undefined) return undefined;
    const values = typeof value === "object" ? value : [value];
    const length = Math.min(room, values.length);
    return castArray({ values, length, type: elementTypeOf(values) }, type) ?? raiseLink(this.#owner);
  }
  write(value: FieldValue): void {
    if (this.#pv?.put(value) !== true) raiseLink(this.#owner);
  }
  follow(): void {
    if (isForwardByChannel(this.#link.name)) this.#pv?.put(1);
  }
  close(): void {
    this.#pv?.close();
  }

  #read(): FieldValue | undefined {
    const pv = this.#pv;
    if (pv?.value === undefined) return raiseLink(this.#owner);
    inherit(this.#owner.record, this.#link.severity, pv.status, pv.severity);
    return pv.value;
  }
}
