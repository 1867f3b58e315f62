/**
 * When what has failed is tried again. A scan that failed waits by itself, and the time stands in the ledger; a
 * destination that does not answer is asked now and then by one scan, while all others wait for it.
 */

/** Seconds after the first failure of a scan; doubled with each further failure. */
const FIRST_SECONDS = 30;
export const LONGEST_SECONDS = 3600;
/** Seconds until the first question to a destination that has failed; doubled with each further failure. */
const FIRST_PROBE_SECONDS = 15;
const LONGEST_PROBE_SECONDS = 300;
/** Between two questions, whoever wants them. */
const SHORTEST_PROBE_SECONDS = 5;

/** Seconds until somebody who could not be told is told again; doubled with each further failure. */
const FIRST_NOTE_SECONDS = 10;
const LONGEST_NOTE_SECONDS = 900;

const doubled = (first: number, longest: number, failures: number, random: () => number): number =>
  Math.min(longest, first * 2 ** (failures - 1)) * (0.5 + random() / 2);

/** @param attempts that have failed, at least 1 */
export const sendBackOff = (attempts: number, random: () => number): number =>
  doubled(FIRST_SECONDS, LONGEST_SECONDS, attempts, random);

/** @param attempts that have failed, at least 1 */
export const noteBackOff = (attempts: number, random: () => number): number =>
  doubled(FIRST_NOTE_SECONDS, LONGEST_NOTE_SECONDS, attempts, random);

/** Opens when a destination fails, and lets one scan try it now and then. Times are monotonic seconds. */
export class Breaker {
  #failures = 0;
  #until = 0;
  #hurried = 0;
  #sentence = "";
  #isPauseAsked = false;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Why the destination is not used now, a sentence; undefined: it is. */
  get trouble(): string | undefined {
    return this.#failures === 0 ? undefined : this.#sentence;
  }

  /** The destination itself has asked for the wait. */
  get isPauseAsked(): boolean {
    return this.#isPauseAsked;
  }

  /** Seconds until it may be tried; 0: now. */
  waitSeconds(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** @param asked seconds that the destination itself asks for; an hour at most is obeyed */
  failed(now: number, sentence: string, asked = 0): void {
    this.#failures++;
    this.#sentence = sentence;
    this.#isPauseAsked = asked > 0;
    this.#hurried = now + SHORTEST_PROBE_SECONDS;
    const least = Math.min(asked, LONGEST_SECONDS);
    this.#until =
      now + Math.max(least, doubled(FIRST_PROBE_SECONDS, LONGEST_PROBE_SECONDS, this.#failures, this.#random));
  }

  works(): void {
    this.#failures = 0;
    this.#until = 0;
  }

  /** A person wants it tried soon, and may say so a hundred times. */
  hurry(): void {
    this.#until = Math.min(this.#until, this.#hurried);
  }
}
