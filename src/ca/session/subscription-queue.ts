/**
 * What waits for one subscriber who cannot be sent to: a few updates, of which the newest gives way when there is no
 * room, so that a slow client sees the latest value and never an unbounded backlog. Same rule as epics-base (dbEvent.c,
 * db_queue_event_log). Entries are recycled; nothing here knows what an update is.
 */

export class SubscriptionQueue<T> {
  readonly #make: () => T;
  readonly #entries: T[] = [];
  #length = 0;

  /** @param make an empty entry, for the caller to fill */
  constructor(make: () => T) {
    this.#make = make;
  }
  get length(): number {
    return this.#length;
  }
  /**
   * The entry to fill with the newest update: a fresh entry behind the others or, when `limit` wait already, the last
   * of them.
   * @param limit updates kept, at least 1; may differ from call to call
   */
  push(limit: number): T {
    if (this.#length > 0 && this.#length >= limit) return this.#entries[this.#length - 1]!;
    const entry = this.#entries[this.#length] ?? this.#make();
    this.#entries[this.#length++] = entry;
    return entry;
  }
  /** Takes the oldest update out; valid until the next push. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const oldest = this.#entries.shift()!;
    this.#entries.push(oldest); // behind all that wait, for reuse
    this.#length -= 1;
    return oldest;
  }
  clear(): void {
    this.#length = 0;
  }
}
