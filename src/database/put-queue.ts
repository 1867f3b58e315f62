/**
 * Put-callbacks that wait for one record, first come first served. Taking a put and giving one up cost the same however
 * many wait. Begins no put: process.ts does.
 */

export interface WaitingPut {
  /** Whether the put is over or given up, and so no longer waits. */
  readonly isDone: boolean;
  /** Called when the record is free to take the put. */
  begin(): void;
}

export class PutQueue {
  #puts: WaitingPut[] = [];
  /** Index of the first put that has not been taken. */
  #next = 0;
  #givenUp = 0;

  get isEmpty(): boolean {
    return this.#puts.length - this.#next === this.#givenUp;
  }
  push(put: WaitingPut): void {
    this.#puts.push(put);
  }
  /** Takes the next put out of the queue; undefined when none waits. */
  take(): WaitingPut | undefined {
    while (this.#next < this.#puts.length) {
      const put = this.#puts[this.#next++]!;
      if (this.#next * 2 > this.#puts.length) this.#dropTaken();
      if (!put.isDone) return put;
      this.#givenUp--;
    }
    return undefined;
  }
  /** Called when a put of the queue has become done. */
  giveUp(): void {
    this.#givenUp++;
    if (this.#givenUp * 2 <= this.#puts.length - this.#next) return;
    this.#dropTaken();
    this.#puts = this.#puts.filter((put) => !put.isDone);
    this.#givenUp = 0;
  }

  #dropTaken(): void {
    this.#puts.splice(0, this.#next);
    this.#next = 0;
  }
}
