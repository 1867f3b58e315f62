/**
 * Looks, again and again, at what a service of Globus has under way. What fails for one of these is tried again later
 * and later, without holding up the others; that something cannot be seen is said once, and that it can be again.
 */
import { Breaker } from "./back-off.ts";
import type { Road } from "./road.ts";
import { verdictOn } from "./verdict.ts";
import { Wake } from "./wake.ts";

/** Seconds for which Globus may not show something before it counts as gone: its lists may lag behind. */
export const GONE_SECONDS = 60;

/** One look, as it goes on. */
export interface Sight {
  /** Whether it is time to look at it again; otherwise its trouble is told. @param id Globus' own */
  isDue(id: string): boolean;
  /** Does this for one thing; a failure is its own. @throws the signal's reason */
  each(id: string, work: () => Promise<void>): Promise<void>;
  /** Something cannot be seen, a sentence. */
  hindered(sentence: string): void;
}

interface WhatIsSeen {
  readonly road: Road;
  /** In plural, as in "The tasks of Globus Transfer". */
  readonly what: string;
  readonly pollSeconds: number;
  /** How many things there are to look at. */
  readonly count: () => number;
  /** Looks at all of them. */
  readonly look: (look: Sight, signal: AbortSignal) => Promise<void>;
}

export class Looks {
  readonly #options: WhatIsSeen;
  readonly #breaker: Breaker;
  readonly #breakers = new Map<string, Breaker>();
  readonly #hurry = new Wake();
  /** Why something could not be seen with the last look, a sentence. */
  trouble: string | undefined;

  constructor(options: WhatIsSeen) {
    this.#options = options;
    this.#breaker = new Breaker(options.road.random);
  }

  /** Looks at once; what has failed waits on. */
  call(): void {
    this.#hurry.call();
  }

  /** A person wants everything looked at at once. */
  hurry(): void {
    this.#breaker.hurry();
    for (const breaker of this.#breakers.values()) breaker.hurry();
    this.#hurry.call();
  }

  /** Why one thing cannot be seen, a sentence; undefined: it can. */
  troubleOf(id: string): string | undefined {
    return this.#breaker.trouble ?? this.#breakers.get(id)?.trouble;
  }

  forget(id: string): void {
    this.#breakers.delete(id);
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const { road, pollSeconds, count } = this.#options;
    const { clock } = road;
    const wake = road.wake();
    for (;;) {
      if (count() > 0) await this.#look(signal);
      if (count() === 0) await wake.wait(clock, Infinity, signal);
      else await this.#hurry.wait(clock, Math.max(pollSeconds, this.#breaker.waitSeconds(clock.monotonic())), signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { road, what, look } = this.#options;
    let trouble: string | undefined;
    const step = async (breaker: Breaker, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
        breaker.works();
      } catch (thrown) {
        const verdict = verdictOn(thrown, signal);
        road.logBug(verdict, thrown);
        breaker.failed(road.clock.monotonic(), verdict.sentence, verdict.afterSeconds);
      }
      trouble ??= breaker.trouble;
    };
    const isDue = (id: string): boolean => {
      const breaker = this.#breakerOf(id);
      if (breaker.waitSeconds(road.clock.monotonic()) === 0) return true;
      trouble ??= breaker.trouble;
      return false;
    };
    const each = async (id: string, work: () => Promise<void>): Promise<void> => {
      if (isDue(id)) await step(this.#breakerOf(id), work);
    };
    const hindered = (sentence: string): void => {
      trouble ??= sentence;
    };
    await step(this.#breaker, () => look({ isDue, each, hindered }, signal));
    if (trouble !== undefined && this.trouble === undefined)
      road.say(`${what} cannot be followed: ${trouble}`, "MINOR");
    if (trouble === undefined && this.trouble !== undefined) road.say(`${what} can be followed again.`);
    this.trouble = trouble;
  }

  #breakerOf(id: string): Breaker {
    const breaker = this.#breakers.get(id) ?? new Breaker(this.#options.road.random);
    this.#breakers.set(id, breaker);
    return breaker;
  }
}
