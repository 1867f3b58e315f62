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

interface PutContent {
  readonly value: FieldValue;
  readonly options: FieldPutOptions;
}

export class PutNotify implements Completion, WaitingPut {
  /** Has a meaning once `isDone`. */
  result: PutResult = undefined;
  isDone = false;
  readonly #address: FieldAddress;
  /** While the put waits: what the field will get. A value may be large, and is kept no longer. */
  #waiting: PutContent | undefined;
  /** The sender's put before this one, while that has not ended: this put is in no queue yet. */
  #leader: PutNotify | undefined;
  /** The sender's next put, which waits for the end of this one. */
  #follower: PutNotify | undefined;
  readonly #putter: Putter;
  readonly #processor: Processor;
  #ended: ((result: PutResult) => void) | undefined;
  #begun: (() => void) | undefined;
  /** Records of the chain that have not finished. */
  readonly #records: DbRecord[] = [];
  #hasFailed = false;

  constructor(place: { readonly putter: Putter; readonly processor: Processor }, address: FieldAddress) {
    this.#putter = place.putter;
    this.#processor = place.processor;
    this.#address = address;
  }

  /** The put has not been applied yet. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }
  /** @param begun called once when a put that waits is applied */
  whenBegun(begun: () => void): void {
    this.#begun = begun;
  }

  /**
   * Puts, queues the put, or turns it down: a refusal does not wait. If `isDone` is then true, `result` says how the
   * put ended; otherwise `ended` will be told.
   * @param leader the sender's last put to this field that waits or is in progress: this put waits for its end
   */
  start({ value, options }: PutContent, ended: (result: PutResult) => void, leader?: PutNotify): this {
    const converted = convertPut(this.#address, value, options);
    const verdict = this.#putter.judge(this.#address, value, converted, options);
    if (verdict !== "take") this.#end(failureOf(verdict));
    else this.#take({ value: converted!, options }, leader?.isDone === false ? leader : undefined);
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
    this.#begun = undefined;
    if (this.#waiting !== undefined) this.#leaveQueue();
    for (const joined of this.#records.splice(0)) this.#free(joined);
    this.#leadOn();
  }

  begin(): void {
    const content = this.#waiting!;
    this.#waiting = undefined;
    this.#begun?.();
    const disabled = this.#putter.disabled(this.#address, content.value, content.options);
    if (disabled !== undefined) this.#end(disabled);
    else this.#putAndProcess(content);
  }

  join(record: DbRecord): void {
    if (record !== this.#address.record) this.#waitFor(record);
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

  #waitFor(record: DbRecord): void {
    record.notify = this;
    this.#records.push(record);
  }

  #take(content: PutContent, leader: PutNotify | undefined): void {
    const { record } = this.#address;
    this.#processor.beginWaiting(record); // else a put of 0 would wait behind a put that it has to release
    const isFree = record.notify === undefined && record.waiting === undefined && !record.isActive;
    if (isFree && leader === undefined) return this.#putAndProcess(content);
    if (this.#releases(content.value, record)) return this.#release(content);
    this.#waiting = content;
    if (leader === undefined) return this.#joinQueue();
    this.#leader = leader;
    leader.#follower = this;
  }

  #joinQueue(): void {
    const { record } = this.#address;
    record.waiting ??= new PutQueue();
    record.waiting.push(this);
  }

  #leaveQueue(): void {
    const { record } = this.#address;
    this.#waiting = undefined;
    if (this.#leader !== undefined) return;
    record.waiting!.giveUp();
    if (record.waiting!.isEmpty) record.waiting = undefined;
  }

  /** The put is over: the sender's next put has its turn, or waits for the put that this one waited for. */
  #leadOn(): void {
    const [leader, follower] = [this.#leader, this.#follower];
    this.#leader = undefined;
    this.#follower = undefined;
    if (leader !== undefined) leader.#follower = follower;
    if (follower === undefined) return;
    follower.#leader = leader;
    if (leader === undefined) follower.#enter();
  }

  /** The put before this one is over: it waits for the record alone. */
  #enter(): void {
    const { record } = this.#address;
    this.#joinQueue();
    this.#processor.wake(record);
  }

  #putAndProcess({ value, options }: PutContent): void {
    const { record } = this.#address;
    try {
      const failure = this.#putter.storeTaken(this.#address, value, options);
      if (failure !== undefined) return this.#end(failure);
      if (!this.#putter.wantsProcessing(this.#address)) return this.#end(undefined);
      this.#waitFor(record);
      record.fields.PUTF = 1;
      this.#processor.process(record);
    } catch (thrown) {
      this.#end(this.#failure());
      throw thrown;
    }
  }

  #free(record: DbRecord): void {
    if (record.notify === this) record.notify = undefined;
    if (record.waiting !== undefined) this.#processor.wake(record);
  }

  /**
   * Whether the put is a 0 to a record that holds its own completion (busy). Such a put ends the put in progress; were
   * it to wait, both would wait for ever.
   */
  #releases(value: FieldValue, record: DbRecord): boolean {
    if (record.notify === undefined || record.isActive || this.#address.field !== "VAL") return false;
    return value === 0 && record.type.support.holdsCompletion?.(record) === true;
  }

  #release({ value, options }: PutContent): void {
    const failure = this.#putter.storeTaken(this.#address, value, options);
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
    this.#leadOn();
  }
}
