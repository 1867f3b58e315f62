/**
 * One processing of a record: disabled? → the type's function → time stamp → alarms → posts → forward link → put-notify
 * → reprocess. Chains through links run on the stack; a loop ends at the record that is already running. No value is
 * converted or stored here (put.ts). channel-access.md §4.3, §5.4; epics-base: dbAccess.c dbProcess, dbDbLink.c
 * processTarget, recGbl.c recGblFwdLink.
 */

import type { Clock } from "../base/clock.ts";
import { messageOf, stackOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { DBE_LOG, DBE_VALUE } from "../epics/facts.ts";
import { resetAlarms, showDisabled } from "./alarm-transition.ts";
import { SEVERITY, STATUS } from "./alarms.ts";
import type { DbRecord } from "./record.ts";
import { stamp } from "./time-stamp.ts";

/** Attempts to process a record that is active before it shows SCAN/INVALID. epics-base: dbAccess.c MAX_LOCK */
const MAX_ATTEMPTS = 10;
/**
 * Records that process one another on the stack; the next waits for the once queue instead. JavaScript's stack holds
 * some thousands.
 */
const MAX_DEPTH = 500;

export class Processor {
  readonly #clock: Clock;
  readonly #log: Log;
  #depth = 0;
  #whenIdle: (() => void)[] = [];
  #once: DbRecord[] = [];

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Processes `record`, with any SCAN, unless it is active or disabled. A bug in it costs no other record its turn. */
  process(record: DbRecord): void {
    try {
      this.#processUnlessActive(record);
    } catch (thrown) {
      this.#report(record, thrown);
      record.notify?.recordDone(record);
    }
  }

  #processUnlessActive(record: DbRecord): void {
    const { fields } = record;
    if (record.isRunning || fields.PACT !== 0) return this.#attemptOnActive(record);
    fields.LCNT = 0;
    if (record.links !== undefined) {
      const disable = record.readNumber("SDIS", "SHORT");
      if (disable !== undefined) fields.DISA = disable;
    }
    if (fields.DISA === fields.DISV) return this.#skipDisabled(record);
    if (fields.TPRO !== 0) this.#log.info(`process ${record.name}`);
    this.#run(record);
  }

  /** Goes on with a processing that was "pending". */
  resume(record: DbRecord): void {
    if (record.fields.PACT !== 0 && !record.isRunning) this.#run(record);
  }

  /** Processes `target` because a link of `source` leads to it. What `source` was processed for, `target` is too. */
  processTarget(source: DbRecord, target: DbRecord): void {
    if (target.isActive) {
      if (source.fields.PUTF !== 0 && !target.isRunning) {
        target.fields.PUTF = 0;
        target.fields.RPRO = 1;
      }
    } else {
      target.fields.PUTF = source.fields.PUTF;
      if (source.notify !== undefined && target.notify === undefined) source.notify.join(target);
    }
    if (this.#depth >= MAX_DEPTH) this.scanOnce(target);
    else this.process(target);
  }

  /** Processes `record` because of a put to it, or of a change that it follows: again afterwards if it is active. */
  processOrRepeat(record: DbRecord): void {
    if (record.isActive) record.fields.RPRO = 1;
    else {
      record.fields.PUTF = 1;
      this.process(record);
    }
  }

  /** Processes it soon, in the order of asking. */
  scanOnce(record: DbRecord): void {
    if (this.#once.push(record) > 1) return;
    this.#clock.soon(() => {
      const records = this.#once;
      this.#once = [];
      for (const one of records) this.process(one);
    });
  }

  /** Runs `action` in a later turn. */
  soon(action: () => void): void {
    this.#clock.soon(action);
  }

  /** Runs `action` as soon as no record is processing on the stack; at once if none is. */
  whenIdle(action: () => void): void {
    if (this.#depth === 0) action();
    else this.#whenIdle.push(action);
  }

  #run(record: DbRecord): void {
    const { fields } = record;
    record.isRunning = true;
    this.#depth++;
    try {
      if (this.#callSupport(record) === "pending") fields.PACT = 1;
      else this.#finish(record);
    } catch (thrown) {
      this.#log.error(`${record.name}: posting its values or what follows failed: ${messageOf(thrown)}`);
      fields.PACT = 0;
      record.notify?.recordDone(record);
    } finally {
      record.isRunning = false;
      this.#depth--;
      if (fields.PACT === 0 && record.waiting !== undefined) this.wake(record);
      if (this.#depth === 0 && this.#whenIdle.length > 0) this.#runWhenIdle();
    }
  }

  /** An exception is a bug in the type's function, or in a subroutine: it costs this processing, not the IOC. */
  #callSupport(record: DbRecord): "done" | "pending" {
    try {
      return record.type.support.process(record);
    } catch (thrown) {
      this.#log.error(`${record.name}: processing failed: ${messageOf(thrown)}`);
      record.raise(STATUS.SOFT, SEVERITY.INVALID);
      return "done";
    }
  }

  #finish(record: DbRecord): void {
    const { fields } = record;
    const { support } = record.type;
    fields.PACT = 1;
    stamp(record, this.#clock);
    support.monitor(record, resetAlarms(record));
    if (support.holdsCompletion?.(record) === true) {
      fields.PACT = 0;
      return;
    }
    if (record.links !== undefined) record.followLink("FLNK");
    if (record.notify !== undefined) record.notify.recordDone(record);
    if (fields.RPRO !== 0) {
      fields.RPRO = 0;
      this.#repeat(record);
    }
    fields.PUTF = 0;
    fields.PACT = 0;
  }

  /**
   * Processes it again soon, behind the put-notify whose turn it is: plain puts that come faster than the record
   * processes would keep it waiting for ever.
   */
  #repeat(record: DbRecord): void {
    if (record.waiting === undefined) return this.scanOnce(record);
    this.wake(record);
    this.#clock.soon(() => this.scanOnce(record));
  }

  /** Lets the next put-notify begin that waits for this record, in a later turn. */
  wake(record: DbRecord): void {
    this.#clock.soon(() => this.beginWaiting(record));
  }

  /** Lets the put-notifies that wait for this record begin, as many as it takes now. */
  beginWaiting(record: DbRecord): void {
    while (record.waiting !== undefined && record.notify === undefined && !record.isActive) {
      const next = record.waiting.take();
      if (record.waiting.isEmpty) record.waiting = undefined;
      try {
        next?.begin();
      } catch (thrown) {
        this.#report(record, thrown);
      }
    }
  }

  #report(record: DbRecord, thrown: unknown): void {
    this.#log.error(`${record.name}: processing failed: ${stackOf(thrown)}`);
  }

  #attemptOnActive(record: DbRecord): void {
    const { fields } = record;
    if (fields.TPRO !== 0) this.#log.info(`${record.name} is active, RPRO=${fields.RPRO}`);
    if (record.isRunning || fields.STAT === STATUS.SCAN) return;
    if (fields.LCNT++ < MAX_ATTEMPTS || fields.SEVR >= SEVERITY.INVALID) return;
    record.raise(STATUS.SCAN, SEVERITY.INVALID);
    record.post("VAL", resetAlarms(record) | DBE_VALUE | DBE_LOG);
  }

  #skipDisabled(record: DbRecord): void {
    const { fields } = record;
    if (fields.TPRO !== 0) this.#log.info(`${record.name} is disabled`);
    fields.RPRO = 0;
    fields.PUTF = 0;
    showDisabled(record);
    record.notify?.recordDone(record);
  }

  #runWhenIdle(): void {
    const actions = this.#whenIdle;
    this.#whenIdle = [];
    for (const action of actions) {
      try {
        action();
      } catch (thrown) {
        this.#log.error(`The answer to a put-callback failed: ${messageOf(thrown)}`);
      }
    }
  }
}
