/** A clock that moves only when a test says so. Timers fire in order of time, then of creation. */
import type { Cancel, Clock } from "../../../src/base/clock.ts";

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

export class FakeClock implements Clock {
  /** Seconds since the clock was made. */
  #elapsed = 0;
  #start: number;
  readonly #timers = new Set<Timer>();
  #soon: (() => void)[] = [];

  /** @param start wall-clock milliseconds since 1970 at the beginning */
  constructor(start = Date.UTC(2026, 2, 1, 12)) {
    this.#start = start;
  }
  now(): number {
    return this.#start + this.#elapsed * 1000;
  }
  monotonic(): number {
    return this.#elapsed;
  }
  /** Somebody sets the wall clock; intervals go on as they were. */
  step(seconds: number): void {
    this.#start += seconds * 1000;
  }
  after(seconds: number, action: () => void): Cancel {
    const timer = { at: this.#elapsed + seconds, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
  soon(action: () => void): void {
    this.#soon.push(action);
  }
  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }
  /** Runs everything that was asked for with `soon`, also what is asked for meanwhile. */
  settle(): void {
    while (this.#soon.length > 0) {
      const batch = this.#soon;
      this.#soon = [];
      for (const action of batch) action();
    }
  }
  /** Lets time pass; every timer that falls due runs at its own time. */
  advance(seconds: number): void {
    const until = this.#elapsed + seconds;
    this.settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.action();
      this.settle();
    }
    this.#elapsed = until;
  }
  /** As `advance`, but lets promises settle between the timers. */
  async advanceAsync(seconds: number): Promise<void> {
    const until = this.#elapsed + seconds;
    await this.#flush();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.action();
      await this.#flush();
    }
    this.#elapsed = until;
  }
  async #flush(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      this.settle();
      await Promise.resolve();
    }
  }
  #next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer;
    return first;
  }
}
