/**
 * The process database: names → records, loading, start and stop, and what the rest of the program asks of it. It knows
 * neither Channel Access nor files; a clock drives it. Each of its parts has a file of its own: process.ts, put.ts,
 * put-notify.ts, scan.ts, link-table.ts, read.ts.
 */
import { type Clock, guardedClock } from "../base/clock.ts";
import { stackOf } from "../base/errors.ts";
import { Listeners } from "../base/listeners.ts";
import { type Log, silentLog } from "../base/log.ts";
import { didYouMeanSentence } from "../base/suggest.ts";
import { SEVERITY, STATUS } from "./alarms.ts";
import type { FieldPutOptions } from "./convert/convert-put.ts";
import { DatabaseError } from "./database-error.ts";
import { FieldAddress } from "./field-address.ts";
import { parseModifier } from "./filters.ts";
import type { ExternalLinks } from "./link-ends.ts";
import { LinkTable } from "./link-table.ts";
import { type FieldSubscription, subscribeTo } from "./post.ts";
import { Processor } from "./process.ts";
import { failureOf, type PutReport, type PutResult, Putter } from "./put.ts";
import { PutNotify } from "./put-notify.ts";
import { nameProblem, splitPvName } from "./pv-name.ts";
import { lengthAt, textsAt } from "./read.ts";
import { DbRecord, type RecordWorld } from "./record.ts";
import type { FieldValue, RecordType, Subroutine } from "./record-type.ts";
import { RECORD_TYPES } from "./record-types/index.ts";
import { PINI, type ScanList, Scanner } from "./scan.ts";
import { setFieldText } from "./set-field.ts";
import { TypeLayout } from "./type-layout.ts";

export interface DatabaseOptions {
  readonly clock: Clock;
  readonly log?: Log;
  readonly recordTypes?: readonly RecordType[];
  /** Links to names that are not in this database; without it they stay disconnected. */
  readonly externalLinks?: ExternalLinks;
}

export class Database {
  /** Told when a record's ASG has changed. */
  readonly accessChanged = new Listeners<[record: DbRecord]>();
  /** Told of each put that is not the program's own, once it is stored or was not done. */
  readonly putMade = new Listeners<[put: PutReport]>();
  /** As `putMade`, of the puts that a rule with TRAPWRITE let pass. */
  readonly putTrapped = new Listeners<[put: PutReport]>();
  readonly #log: Log;
  readonly #layouts: ReadonlyMap<string, TypeLayout>;
  readonly #recordByName = new Map<string, DbRecord>();
  readonly #recordByAlias = new Map<string, DbRecord>();
  readonly #subroutines = new Map<string, Subroutine>();
  readonly #processor: Processor;
  readonly #putter: Putter;
  readonly #scanner: Scanner;
  readonly #links: LinkTable;
  readonly #world: RecordWorld;
  #isInitialized = false;

  constructor(options: DatabaseOptions) {
    const { log = silentLog, recordTypes = RECORD_TYPES } = options;
    const clock = guardedClock(options.clock, (thrown) => log.error(`the database failed: ${stackOf(thrown)}`));
    this.#log = log;
    this.#layouts = new Map(recordTypes.map((type) => [type.name, new TypeLayout(type)]));
    const processor = new Processor(clock, log);
    this.#processor = processor;
    this.#scanner = new Scanner(clock, (record) => processor.process(record));
    this.#putter = new Putter({
      processor,
      unscan: (record) => this.#scanner.remove(record),
      scan: (record) => this.#scanner.add(record),
      setLink: (record, field, text) => this.#links.set(record, field, text),
      changeAccess: (record) => this.accessChanged.notify(record),
      putMade: this.putMade,
      putTrapped: this.putTrapped,
    });
    this.#links = new LinkTable({
      world: { processor, putter: this.#putter },
      find: (pvName) => this.find(pvName),
      record: (name) => this.record(name),
      external: options.externalLinks,
    });
    this.#world = {
      clock,
      log,
      process: (record) => processor.process(record),
      resume: (record) => processor.resume(record),
      postEvent: (event) => this.postEvent(event),
      subroutine: (name) => this.#subroutines.get(name),
    };
  }

  /* ── loading ── */

  recordType(name: string): RecordType | undefined {
    return this.#layouts.get(name)?.type;
  }
  recordTypes(): readonly RecordType[] {
    return [...this.#layouts.values()].map((layout) => layout.type);
  }

  /**
   * A new record, or the record that has this name and type already.
   * @throws DatabaseError
   */
  createRecord(typeName: string, name: string): DbRecord {
    const layout = this.#layouts.get(typeName);
    if (layout === undefined) {
      const near = didYouMeanSentence(typeName, this.#layouts.keys());
      throw new DatabaseError(`There is no record type "${typeName}".${near}`);
    }
    const existing = this.record(name);
    if (existing !== undefined) {
      if (existing.layout === layout) return existing;
      throw new DatabaseError(`The record ${name} exists as ${existing.type.name} and cannot become ${typeName}.`);
    }
    const problem = nameProblem(name);
    if (problem !== undefined) throw new DatabaseError(`The record name "${name}" ${problem}.`);
    const record = new DbRecord(name, layout, this.#world);
    this.#recordByName.set(name, record);
    return record;
  }

  /** @throws DatabaseError when there is no such record, or the alias is a name already */
  addAlias(recordName: string, alias: string): void {
    const record = this.record(recordName);
    if (record === undefined) throw new DatabaseError(`The alias ${alias} is for ${recordName}, which does not exist.`);
    const problem = nameProblem(alias);
    if (problem !== undefined) throw new DatabaseError(`The alias "${alias}" of ${recordName} ${problem}.`);
    const existing = this.record(alias);
    if (existing === record && alias !== record.name) return;
    if (existing !== undefined) throw new DatabaseError(`The alias ${alias} of ${recordName} names a record already.`);
    record.addAlias(alias);
    this.#recordByAlias.set(alias, record);
  }

  /** Takes a record and its aliases out again, before `initialize`. @throws DatabaseError */
  deleteRecord(name: string): void {
    const record = this.record(name);
    if (record === undefined) throw new DatabaseError(`The record ${name} cannot be deleted: it does not exist.`);
    if (this.#isInitialized) throw new DatabaseError(`The record ${name} cannot be deleted while the database runs.`);
    this.#recordByName.delete(record.name);
    for (const alias of record.aliases) this.#recordByAlias.delete(alias);
  }

  /** Sets a field by the rules of .db files. @throws DatabaseError with a sentence */
  setFieldText(record: DbRecord, field: string, text: string): void {
    setFieldText(record, field, text);
  }
  setInfo(record: DbRecord, name: string, value: string): void {
    record.setInfo(name, value);
  }
  registerSubroutine(name: string, subroutine: Subroutine): void {
    this.#subroutines.set(name, subroutine);
  }

  /* ── looking up ── */

  /** By name or alias. */
  record(name: string): DbRecord | undefined {
    return this.#recordByName.get(name) ?? this.#recordByAlias.get(name);
  }
  /** In the order of creation. */
  records(): Iterable<DbRecord> {
    return this.#recordByName.values();
  }
  get recordCount(): number {
    return this.#recordByName.size;
  }
  aliases(): ReadonlyMap<string, DbRecord> {
    return this.#recordByAlias;
  }
  /** What a PV name denotes; undefined if nothing. */
  find(pvName: string): FieldAddress | undefined {
    const name = splitPvName(pvName);
    const record = name === undefined ? undefined : this.record(name.record);
    const modifier = record === undefined ? undefined : parseModifier(name!.modifier);
    return modifier === undefined ? undefined : FieldAddress.of(record!, name!.field, modifier);
  }

  /* ── running ── */

  get isInitialized(): boolean {
    return this.#isInitialized;
  }

  /** iocInit up to PINI=YES. */
  initialize(): void {
    this.initializeRecords();
    this.processInitial();
  }
  /** Both passes of the record types' `initialize`, and links between them. */
  initializeRecords(): void {
    for (const record of this.records()) initializeRecord(record);
    this.#isInitialized = true;
    for (const record of this.records()) this.#links.openAll(record, this.#log);
    for (const record of this.records()) {
      record.type.support.initialize?.(record, 1);
      this.#scanner.add(record);
    }
  }
  /** Processes the records with PINI=YES. Between `initializeRecords` and this, saved values may be restored. */
  processInitial(): void {
    this.#scanner.processInitial(this.records(), PINI.YES);
  }

  /** Begins to scan. */
  start(): void {
    this.#scanner.processInitial(this.records(), PINI.RUN);
    this.#scanner.start();
    this.#scanner.processInitial(this.records(), PINI.RUNNING);
  }
  /** Ends scanning, for a while: `start` goes on. Puts still process. */
  pause(): void {
    this.#scanner.processInitial(this.records(), PINI.PAUSE);
    this.#scanner.stop();
    this.#scanner.processInitial(this.records(), PINI.PAUSED);
  }
  /** Ends for good: no timer is left. */
  stop(): void {
    this.#scanner.stop();
    for (const record of this.records()) record.stop();
  }

  postEvent(event: string | number): void {
    this.#scanner.postEvent(String(event));
  }
  /** Processes a record soon. */
  scanOnce(record: DbRecord): void {
    this.#processor.scanOnce(record);
  }
  /** Processes a record now (`dbtr`). */
  process(record: DbRecord): void {
    this.#processor.process(record);
  }
  /**
   * Processes a record with the value that it holds, as if the value had been put: its alarm is the value's, and it has
   * a time stamp. For values that nobody puts: initial and restored values.
   */
  define(record: DbRecord): void {
    record.fields.UDF = 0;
    this.#processor.process(record);
  }
  scanLists(): { readonly periodic: readonly ScanList[]; readonly events: ReadonlyMap<string, ScanList> } {
    return this.#scanner.lists();
  }

  /* ── values ── */

  /** A put from outside; it does not wait. */
  put(address: FieldAddress, value: FieldValue, options?: FieldPutOptions): PutResult {
    return this.#putter.put(address, value, options);
  }
  /** A put by this program: to read-only fields too, past DISP and the guard. */
  putInternal(address: FieldAddress, value: FieldValue): PutResult {
    return this.#putter.put(address, value, { origin: "program" });
  }
  /** As `putInternal`, but the record is not processed, even by a field that processes it: for saved values. */
  putUnprocessed(address: FieldAddress, value: FieldValue): PutResult {
    return failureOf(this.#putter.store(address, value, { origin: "program" }));
  }
  /**
   * A put from outside whose completion is waited for; it queues where its record cannot take it now, unless it is
   * refused.
   * @param ended called once with the result, unless the put `isDone` at once
   * @param leader the last put of the same sender to this field that was not done at once: this put waits for its end
   */
  putNotify(
    address: FieldAddress,
    value: FieldValue,
    ended: (result: PutResult) => void,
    options: FieldPutOptions = {},
    leader?: PutNotify,
  ): PutNotify {
    const place = { putter: this.#putter, processor: this.#processor };
    return new PutNotify(place, address).start({ value, options }, ended, leader);
  }
  /** Calls `changed` with the posted bits at each post that matches `mask`. */
  subscribe(address: FieldAddress, mask: number, changed: (mask: number) => void): FieldSubscription {
    return subscribeTo(address.record, address.field, mask, changed);
  }
  /** The elements as text, for `dbgf` and `dbpr`. */
  getStrings(address: FieldAddress): readonly string[] {
    return textsAt(address);
  }
  /**
   * `DBF_DOUBLE`, or `DBF_SHORT[2]` with the number of valid elements; DBF_STRING for links and fields with choices.
   */
  dbfName(address: FieldAddress): string {
    if (address.kind === "array") return `DBF_${address.type}[${lengthAt(address)}]`;
    return `DBF_${address.kind === "number" ? address.type : "STRING"}`;
  }
}

/** Pass 0. epics-base: iocInit.c doInitRecord0 */
function initializeRecord(record: DbRecord): void {
  const { fields } = record;
  fields.PACT = 0;
  if (fields.UDF !== 0 && fields.STAT === STATUS.UDF) fields.SEVR = Math.min(fields.UDFS, SEVERITY.INVALID);
  record.type.support.initialize?.(record, 0);
}
