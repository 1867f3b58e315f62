/**
 * The burst rule: puts of one client to one field in quick succession are one entry of the log, which names the value
 * before the first, the last, the least and the greatest. Formats nothing. caPutLog: caPutLogTask.c, docs/index.rst,
 * which also joins the puts of different clients, and tells the last; and which tells nothing of texts that change
 * and then stay.
 */
import type { Cancel, Clock } from "../../base/clock.ts";
import { areEqualHeads } from "../../database/value-head.ts";
import { isArray, type LogEntry, type LoggedPut } from "./logged-put.ts";

/** What is logged. The numbers are the `config` of caPutLogInit. */
export const LOG_MODES = {
  none: -1,
  /** Changes of a value, bursts joined. */
  changes: 0,
  /** All puts, bursts joined. */
  all: 1,
  /** Each put. */
  each: 2,
} as const;
export type LogMode = keyof typeof LOG_MODES;

export const DEFAULT_BURST_SECONDS = 5;

export interface BurstOptions {
  readonly clock: Clock;
  readonly log: (entry: LogEntry) => void;
}

/** What waits for its burst to end. */
interface Waiting extends LogEntry {
  readonly isChange: boolean;
}

export class BurstRule {
  readonly #options: BurstOptions;
  #seconds = DEFAULT_BURST_SECONDS;
  #mode: LogMode = "changes";
  #waiting: Waiting | undefined;
  #lastAt = 0;
  #timer: Cancel | undefined;

  constructor(options: BurstOptions) {
    this.#options = options;
  }
  /** A burst ends when its field was left alone for so long. What waits is logged when that changes. */
  get seconds(): number {
    return this.#seconds;
  }
  set seconds(seconds: number) {
    this.flush();
    this.#seconds = seconds;
  }
  get mode(): LogMode {
    return this.#mode;
  }
  /** What waits is logged first. */
  set mode(mode: LogMode) {
    this.flush();
    this.#mode = mode;
  }

  add(put: LoggedPut): void {
    if (this.#mode === "none") return;
    if (this.#waiting !== undefined && this.#mode !== "each" && isBurst(this.#waiting.put, put)) {
      this.#waiting = joined(this.#waiting, put);
    } else {
      this.#logWaiting();
      const isChange = !areEqualHeads(put.before, put.after);
      this.#waiting = { put, before: put.before, burst: undefined, isChange };
      if (this.#mode === "each") return this.#logWaiting();
    }
    this.#lastAt = this.#options.clock.monotonic();
    if (this.#timer === undefined) this.#look(this.#seconds);
  }

  /** Logs what waits, now. */
  flush(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#logWaiting();
  }

  #logWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined && (waiting.isChange || this.#mode !== "changes")) this.#options.log(waiting);
  }

  /** One timer, however many puts: it looks when the last of them was. */
  #look(seconds: number): void {
    const { clock } = this.#options;
    this.#timer = clock.after(seconds, () => {
      this.#timer = undefined;
      const left = this.#lastAt + this.#seconds - clock.monotonic();
      if (left > 0) this.#look(left);
      else this.#logWaiting();
    });
  }
}

/** Characters are not joined: of a text nobody could tell what was between. */
function isBurst(last: LoggedPut, next: LoggedPut): boolean {
  const { record, field } = next.address;
  const isSameField = last.address.record === record && last.address.field === field;
  const isCharacters = typeof next.after.value === "string" && isArray(next.address);
  return isSameField && !isCharacters && last.user === next.user && last.host === next.host;
}

function joined(waiting: Waiting, put: LoggedPut): Waiting {
  const { before, burst } = waiting;
  const isChange = waiting.isChange || !areEqualHeads(put.before, put.after);
  const [last, next] = [waiting.put.after.value, put.after.value];
  if (typeof last !== "number" || typeof next !== "number") return { put, before, burst, isChange };
  const { joined: count, least, greatest } = burst ?? { joined: 0, least: last, greatest: last };
  const range = { least: Math.min(least, next), greatest: Math.max(greatest, next) };
  return { put, before, burst: { joined: count + 1, ...range }, isChange };
}
