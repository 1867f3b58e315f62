/**
 * How the watch over one tree stands, by what it tells: the age of its last whole sweep, and what is wrong. The rule is
 * one for the IOC and for `globus-ioc watch`. Pure.
 */
import type { Sweep, TreeNews } from "../../ports/scan-tree.ts";
import { scansText } from "../scan-state.ts";

/** A sweep is overdue when none has ended for so many periods, or for so many times as long as the last one took. */
const LATE_PERIODS = 3;
const LATE_SWEEPS = 2;
/** Sooner no sweep is: a process that has to wait for its turn is not a disk that does not answer. */
const LEAST_SECONDS = 10;
/** How long the first takes nobody knows. */
const FIRST_SECONDS = 60;
/**
 * A watch is lost when nothing has come of what it does by itself, to begin the process that reads anew after five
 * minutes, for so long. A sweep that is slow, but reads, is never: to begin again would never let it end.
 */
const LOST_SECONDS = 1800;

/** Times are those of a monotonic clock, in seconds. */
export class WatchStanding {
  readonly root: string;
  readonly #periodSeconds: number;
  readonly #begunAt: number;
  /** The last whole one. */
  #sweep: Sweep | undefined;
  #sweptAt: number | undefined;
  /** Why nothing is seen, a sentence. */
  #trouble: string | undefined;
  /** Since when nothing of the tree is read. */
  #deafSince: number | undefined;

  constructor(root: string, periodSeconds: number, now: number) {
    this.root = root;
    this.#periodSeconds = periodSeconds;
    this.#begunAt = now;
  }

  get sweep(): Sweep | undefined {
    return this.#sweep;
  }

  hear(news: TreeNews, now: number): void {
    switch (news.kind) {
      case "silent":
      case "ended":
        this.fail(news.sentence, now);
        return;
      case "begun":
        return;
      case "sweep":
        this.#sweep = news.sweep;
        this.#sweptAt = now;
        this.#trouble = undefined;
        break;
      case "answers":
        this.#trouble = undefined;
        break;
      case "scan":
      case "gone":
      case "stray":
    }
    this.#deafSince = undefined;
  }

  /** @param trouble why nothing is seen, a sentence */
  fail(trouble: string, now: number): void {
    this.#trouble = trouble;
    this.#deafSince ??= now;
  }

  /** Seconds since the end of the last whole sweep; undefined: none has ended. */
  age(now: number): number | undefined {
    return this.#sweptAt === undefined ? undefined : now - this.#sweptAt;
  }

  /** A sentence; undefined: sweeps end in time. */
  overdue(now: number): string | undefined {
    const seconds = now - (this.#sweptAt ?? this.#begunAt);
    const least =
      this.#sweep === undefined ? FIRST_SECONDS : Math.max(LEAST_SECONDS, LATE_SWEEPS * this.#sweep.seconds);
    const late = Math.max(least, LATE_PERIODS * this.#periodSeconds);
    return seconds > late
      ? `No sweep of ${this.root} has ended for ${Math.floor(seconds)} s: look at the disk.`
      : undefined;
  }

  /** A sentence; undefined: the watch may yet go on by itself. */
  lost(now: number): string | undefined {
    const seconds = this.#deafSince === undefined ? 0 : now - this.#deafSince;
    return seconds > LOST_SECONDS && this.overdue(now) !== undefined
      ? `Nothing of ${this.root} has been read for ${Math.floor(seconds)} s`
      : undefined;
  }

  /** What is wrong, a sentence; undefined: nothing is. */
  trouble(now: number): string | undefined {
    if (this.#trouble !== undefined) return this.#trouble;
    return (this.#sweep && sweepTrouble(this.root, this.#sweep)) ?? this.overdue(now);
  }
}

/** A sentence; undefined: the canary was seen, or there is none. */
export const blindText = (root: string, { canarySeen = true }: Sweep): string | undefined =>
  canarySeen ? undefined : `A sweep of ${root} did not see the file that was just made there: look at the mount.`;

/** What a sweep has not seen, a sentence about the first of it; undefined: it has seen all. */
export const sweepTrouble = (root: string, sweep: Sweep): string | undefined =>
  sweep.examples[0] ?? blindText(root, sweep);

export const sweptText = (root: string, { scans, folders }: Sweep): string =>
  `${scansText(scans)} in ${folders === 1 ? "1 folder" : `${folders} folders`} below ${root}.`;
