/**
 * Put-callbacks that wait for one record, first come first served. Taking the next and giving up any cost the same
 * however many wait. It begins none of them (process.ts).
 */

export interface WaitingPut {
  /** The put is over or given up, and does not wait any more. */
  readonly isDone: boolean;
  /** The record is free to take it. */
  begin(): void;
}

export class PutQueue {
  #puts: WaitingPut[] = [];
  /** Index of the first that has not been taken. */
  #next = 0;
  #givenUp = 0;

  get isEmpty(): boolean {
    return this.#puts.length - this.#next === this.#givenUp;
  }
  push(put: WaitingPut): void {
    this.#puts.push(put);
  }
  /** The put whose turn it is leaves the queue; undefined when nothing waits. */
  take(): WaitingPut | undefined {
    while (this.#next < this.#puts.length) {
      const put = this.#puts[this.#next++]!;
      if (this.#next * 2 > this.#puts.length) this.#dropTaken();
      if (!put.isDone) return put;
      this.#givenUp--;
    }
    return undefined;
  }
  /** A put that waits here has become done. */
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
