/**
 * What goes to one client: replies, and updates as fast as the client takes them. Everything is written into one
 * buffer, which is handed to the stream once a turn of the event loop; no message causes a write, a promise or an
 * allocation of its own. While more than the high-water mark waits, or the client has said EVENTS_OFF, updates stay
 * with their subscriptions. channel-access.md §3.4.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { Cancel, Clock } from "../../base/clock.ts";
import type { ByteStream } from "../../net/transport.ts";
import type { ServerCounters } from "./counters.ts";
import type { ServerLimits } from "./limits.ts";

/** A subscription with updates that could not be sent. */
export interface WaitingUpdates {
  /** Sends while the output takes updates. @returns whether nothing is left */
  sendWaiting(): boolean;
}

/** First size of an output buffer. rsrv: 16384 as well */
const BUFFER_BYTES = 16384;
/** Larger buffers are not kept for another turn. */
const RECYCLED_BYTES = 1 << 20;
/** Buffers kept for reuse while others are on their way. */
const SPARE_BUFFERS = 2;

export interface OutputEvents {
  /** The client has taken nothing for `stalledSeconds`. */
  stalled(): void;
  /** After a write more bytes wait than the high-water mark. */
  filled(): void;
}

export class CircuitOutput {
  /** Where messages are written. After writing outside the handling of requests, call `flushSoon`. */
  readonly out = new ByteWriter(BUFFER_BYTES);
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #limits: ServerLimits;
  readonly #counters: ServerCounters;
  readonly #events: OutputEvents;
  readonly #waiting = new Set<WaitingUpdates>();
  readonly #spares: Buffer[] = [];
  /** What the stream had not sent when it was last asked. */
  #unsent = 0;
  /** Bytes handed to the stream since the beginning. */
  #written = 0;
  #eventsOn = true;
  #inTurn = false;
  #scheduled = false;
  #closed = false;
  #stopWatching: Cancel | undefined;

  constructor(
    stream: ByteStream,
    parts: { readonly clock: Clock; readonly limits: ServerLimits; readonly counters: ServerCounters },
    events: OutputEvents,
  ) {
    this.#stream = stream;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#counters = parts.counters;
    this.#events = events;
  }
  /** More bytes wait than the high-water mark: no requests are to be read. */
  get isFull(): boolean {
    return this.#unsent + this.out.length >= this.#limits.highWaterBytes;
  }
  /** Bytes that wait to be sent, as of now; 0 once the output is closed. */
  get backlogBytes(): number {
    return this.#closed ? 0 : this.#stream.unsentBytes + this.out.length;
  }
  get takesUpdates(): boolean {
    return this.#eventsOn && !this.isFull;
  }
  get eventsOn(): boolean {
    return this.#eventsOn;
  }
  /** EVENTS_OFF: updates wait. EVENTS_ON: what waits is sent. */
  setEvents(on: boolean): void {
    this.#eventsOn = on;
    this.#sendWaiting();
  }
  /** Remembers a subscription until its updates could be sent. */
  wait(subscription: WaitingUpdates): void {
    this.#waiting.add(subscription);
  }
  forget(subscription: WaitingUpdates): void {
    this.#waiting.delete(subscription);
  }
  /** What is written from here to `endTurn` goes out together. */
  beginTurn(): void {
    this.#inTurn = true;
    this.#unsent = this.#stream.unsentBytes;
  }
  endTurn(): void {
    this.#inTurn = false;
    this.flush();
  }
  /** Sends what was written, at the end of this turn of the event loop. */
  flushSoon(): void {
    if (this.#inTurn || this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.soon(this.#flushScheduled);
  }
  readonly #flushScheduled = (): void => {
    this.#scheduled = false;
    this.flush();
  };
  /** Sends what was written, then as many waiting updates as the client takes. */
  flush(): void {
    if (this.#closed) return;
    this.#write();
    while (this.#waiting.size > 0 && this.takesUpdates) {
      this.#sendWaiting();
      this.#write();
    }
    if (this.isFull && !this.#closed) this.#watch();
  }
  /** The stream has sent everything. */
  drained(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#unsent = this.#stream.unsentBytes;
    this.flush();
  }
  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
    this.#stopWatching?.();
    this.#waiting.clear();
    this.out.rewind(0);
  }

  #sendWaiting(): void {
    for (const subscription of this.#waiting) {
      if (!this.takesUpdates) return;
      if (subscription.sendWaiting()) this.#waiting.delete(subscription);
    }
  }
  #write(): void {
    const length = this.out.length;
    if (length > 0) {
      this.#counters.bytesSent += length;
      this.#written += length;
      const bytes = this.out.take(this.#spares.pop());
      this.#stream.write(bytes, () => this.#recycle(bytes));
    }
    this.#unsent = this.#stream.unsentBytes;
    if (this.#unsent > this.#counters.largestBacklogBytes) this.#counters.largestBacklogBytes = this.#unsent;
    if (length > 0 && this.isFull) this.#events.filled();
  }
  #recycle(bytes: Buffer): void {
    if (this.#spares.length >= SPARE_BUFFERS || bytes.buffer.byteLength > RECYCLED_BYTES) return;
    this.#spares.push(Buffer.from(bytes.buffer));
  }
  /**
   * Gives the client up when no byte has left for `stalledSeconds`: its host is gone, or its program hangs. What is
   * written meanwhile does not count.
   */
  #watch(): void {
    if (this.#stopWatching !== undefined) return;
    const takenBefore = this.#written - this.#unsent;
    this.#stopWatching = this.#clock.after(this.#limits.stalledSeconds, () => {
      this.#stopWatching = undefined;
      this.#unsent = this.#stream.unsentBytes;
      if (this.#written - this.#unsent === takenBefore) this.#events.stalled();
      else if (this.isFull) this.#watch();
    });
  }
}
