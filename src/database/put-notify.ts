/**
 * A put whose end someone waits for: it is complete when its record, and every record processed through links in the
 * same chain, have finished. Puts to a record that cannot take one now wait in that record's queue, first come first
 * served. CA spec §4.2, §4.3, §4.4; epics-base: dbNotify.c.
 */
import { convertPut, type PutOptions, type PutValue } from "./convert/convert-put.ts";
import type { FieldAddress } from "./field-address.ts";
import type { Processor } from "./process.ts";
import { isAbsorbed, type PutResult, type Putter } from "./put.ts";
import type { Completion, DbRecord } from "./record.ts";

export interface NotifyListener {
  /** The put is complete. Not called when it was already so when `start` returned, nor after `cancel`. */
  notifyDone(result: PutResult): void;
}

export class PutNotify implements Completion {
  /** Meaningful once `isDone`. */
  result: PutResult = undefined;
  isDone = false;
  readonly #address: FieldAddress;
  readonly #value: PutValue;
  readonly #options: PutOptions;
  readonly #putter: Putter;
  readonly #processor: Processor;
  #listener: NotifyListener | undefined;
  /** Those that have not finished. */
  readonly #records: DbRecord[] = [];
  #hasFailed = false;
  /** The guard has let it pass already. */
  #isJudged = false;

  constructor(
    place: { readonly putter: Putter; readonly processor: Processor },
    address: FieldAddress,
    value: PutValue,
    options: PutOptions,
  ) {
    this.#putter = place.putter;
    this.#processor = place.processor;
    this.#address = address;
    this.#value = value;
    this.#options = options;
  }

  /**
   * Puts, or queues the put. If `isDone` is then true, `result` says how it ended; otherwise `listener` will be told.
   * @param isJudged `startAhead` has let it pass before
   */
  start(listener: NotifyListener, isJudged = false): this {
    const { record } = this.#address;
    this.#isJudged = isJudged;
    if (record.notify === undefined && record.waiting === undefined && !record.isActive) this.begin();
    else if (!this.startAhead()) {
      record.waiting ??= [];
      record.waiting.push(this);
    }
    this.#listener = listener;
    return this;
  }

  /**
   * Does the put if it need not wait for another one: it ends what that one waits for, or the record's guard turns it
   * down (a refusal does not wait).
   * @returns whether it is done
   */
  startAhead(): boolean {
    const { record } = this.#address;
    if (this.#releases(record)) this.#end(this.#putter.put(this.#address, this.#value, this.#options));
    else if (record.guard !== undefined && !this.#isJudged) {
      const verdict = this.#putter.judge(this.#address, this.#value, this.#options);
      if (verdict !== undefined) this.#end(isAbsorbed(verdict) ? undefined : verdict);
      this.#isJudged = true;
    }
    return this.isDone;
  }

  /** Gives it up: nobody is told, and the records are free for the next one. What it started goes on. */
  cancel(): void {
    this.isDone = true;
    this.#listener = undefined;
    const { record } = this.#address;
    const place = record.waiting?.indexOf(this) ?? -1;
    if (place >= 0) record.waiting!.splice(place, 1);
    if (record.waiting?.length === 0) record.waiting = undefined;
    for (const one of this.#records.splice(0)) this.#release(one);
  }

  begin(): void {
    const { record } = this.#address;
    const result = this.#putter.store(this.#address, this.#value, this.#options, this.#isJudged);
    if (result !== undefined) return this.#end(isAbsorbed(result) ? undefined : result);
    if (!this.#putter.wantsProcessing(this.#address)) return this.#end(undefined);
    this.join(record);
    record.fields.PUTF = 1;
    this.#processor.process(record);
  }

  join(record: DbRecord): void {
    record.notify = this;
    this.#records.push(record);
  }

  recordDone(record: DbRecord): void {
    const place = this.#records.indexOf(record);
    if (place >= 0) this.#records.splice(place, 1);
    this.#release(record);
    if (this.#records.length > 0) return;
    this.#processor.whenIdle(() => this.#end(this.#hasFailed ? this.#failure() : undefined));
  }

  fail(): void {
    this.#hasFailed = true;
  }

  #release(record: DbRecord): void {
    if (record.notify === this) record.notify = undefined;
    if (record.waiting !== undefined) this.#processor.wake(record);
  }

  /**
   * A put of 0 to a record that holds its completion (busy) ends that; were it to wait for the other put, both would
   * wait for ever.
   */
  #releases(record: DbRecord): boolean {
    if (record.notify === undefined || record.isActive || this.#address.field !== "VAL") return false;
    if (record.type.support.holdsCompletion?.(record) !== true) return false;
    return convertPut(this.#address, this.#value, this.#options) === 0;
  }

  #failure(): PutResult {
    return { kind: "failed", reason: `The put to ${this.#address.name} was processed, and failed.` };
  }

  #end(result: PutResult): void {
    if (this.isDone) return;
    this.isDone = true;
    this.result = result;
    this.#listener?.notifyDone(result);
  }
}
