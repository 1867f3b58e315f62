/**
 * A put whose end someone waits for: it is complete when its record, and every record processed through links in the
 * same chain, have finished. While a record cannot take a put, the put waits in the record's queue, the only queue of
 * put-callbacks that there is. channel-access.md §4.2, §4.3, §4.4; epics-base: dbNotify.c.
 */

import { convertPut, type FieldPutOptions } from "./convert/convert-put.ts";
import type { FieldAddress } from "./field-address.ts";
import type { Processor } from "./process.ts";
import { failureOf, type PutResult, type Putter } from "./put.ts";
import { PutQueue, type WaitingPut } from "./put-queue.ts";
import type { Completion, DbRecord } from "./record.ts";
import type { FieldValue } from "./record-type.ts";

interface RequestedPut {
  readonly address: FieldAddress;
  readonly value: FieldValue;
  readonly options: FieldPutOptions;
}

export class PutNotify implements Completion, WaitingPut {
  /** Has a meaning once `isDone`. */
  result: PutResult = undefined;
  isDone = false;
  readonly #address: FieldAddress;
  readonly #given: FieldValue;
  readonly #options: FieldPutOptions;
  readonly #converted: FieldValue | undefined;
  readonly #putter: Putter;
  readonly #processor: Processor;
  #ended: ((result: PutResult) => void) | undefined;
  #isWaiting = false;
  /** Records of the chain that have not finished. */
  readonly #records: DbRecord[] = [];
  #hasFailed = false;

  constructor(
    place: { readonly putter: Putter; readonly processor: Processor },
    { address, value, options }: RequestedPut,
  ) {
    this.#putter = place.putter;
    this.#processor = place.processor;
    this.#address = address;
    this.#given = value;
    this.#options = options;
    this.#converted = convertPut(address, value, options);
  }

  /**
   * Puts, queues the put, or turns it down: a refusal does not wait. If `isDone` is then true, `result` says how the
   * put ended; otherwise `ended` will be told.
   */
  start(ended: (result: PutResult) => void): this {
    const { record } = this.#address;
    const verdict = this.#putter.judge(this.#address, this.#given, this.#converted, this.#options);
    if (verdict !== "take") this.#end(failureOf(verdict));
    else if (record.notify === undefined && record.waiting === undefined && !record.isActive) this.begin();
    else if (this.#releases(record)) this.#release();
    else this.#wait(record);
    this.#ended = ended;
    return this;
  }

  /**
   * Gives the put up: nobody is told, and the records are free for the next put. Processing that was started goes on.
   */
  cancel(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.#ended = undefined;
    const { record } = this.#address;
    if (this.#isWaiting) {
      record.waiting!.giveUp();
      if (record.waiting!.isEmpty) record.waiting = undefined;
    }
    for (const joined of this.#records.splice(0)) this.#free(joined);
  }

  begin(): void {
    this.#isWaiting = false;
    try {
      this.#putAndProcess();
    } catch (thrown) {
      this.#end(this.#failure());
      throw thrown;
    }
  }

  #putAndProcess(): void {
    const { record } = this.#address;
    const failure = this.#putter.storeTaken(this.#address, this.#converted!, this.#options);
    if (failure !== undefined) return this.#end(failure);
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
    this.#free(record);
    if (this.#records.length > 0) return;
    this.#processor.whenIdle(() => this.#end(this.#hasFailed ? this.#failure() : undefined));
  }

  fail(): void {
    this.#hasFailed = true;
  }

  #wait(record: DbRecord): void {
    record.waiting ??= new PutQueue();
    record.waiting.push(this);
    this.#isWaiting = true;
  }

  #free(record: DbRecord): void {
    if (record.notify === this) record.notify = undefined;
    if (record.waiting !== undefined) this.#processor.wake(record);
  }

  /**
   * Whether the put is a 0 to a record that holds its own completion (busy). Such a put ends the put in progress; were
   * it to wait, both would wait for ever.
   */
  #releases(record: DbRecord): boolean {
    if (record.notify === undefined || record.isActive || this.#address.field !== "VAL") return false;
    return this.#converted === 0 && record.type.support.holdsCompletion?.(record) === true;
  }

  #release(): void {
    const failure = this.#putter.storeTaken(this.#address, this.#converted!, this.#options);
    if (failure === undefined && this.#putter.wantsProcessing(this.#address)) {
      this.#processor.processOrRepeat(this.#address.record);
    }
    this.#end(failure);
  }

  #failure(): PutResult {
    return { kind: "failed", reason: `The put to ${this.#address.name} was processed, and failed.` };
  }

  #end(result: PutResult): void {
    if (this.isDone) return;
    this.isDone = true;
    this.result = result;
    this.#ended?.(result);
  }
}
