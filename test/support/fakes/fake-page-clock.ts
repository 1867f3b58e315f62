/** The browser's time, which passes when a test says so. */
import type { PageClock } from "../../../src/web/page/time.ts";

interface Timer {
  at: number;
  readonly everySeconds?: number;
  readonly action: () => void;
}

export class FakePageClock implements PageClock {
  #seconds = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#seconds * 1000;
  }
  after(seconds: number, action: () => void): () => void {
    return this.#add({ at: this.#seconds + seconds, action });
  }
  every(seconds: number, action: () => void): () => void {
    return this.#add({ at: this.#seconds + seconds, everySeconds: seconds, action });
  }
  /** Lets time pass; what is due by then happens, each at its time. */
  advance(seconds: number): void {
    const end = this.#seconds + seconds;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#seconds = next.at;
      if (next.everySeconds === undefined) this.#timers.delete(next);
      else next.at += next.everySeconds;
      next.action();
    }
    this.#seconds = end;
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
