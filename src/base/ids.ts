/** Names that are made up, and digests that stand for many texts. */
import { createHash, randomBytes } from "node:crypto";

const MILLISECOND_STAMP = /[-:.]/g;

/** Ids that sort by age, also where the clock steps back: `20261130T101500123Z-3f`. */
export class AgeIds {
  #last = 0;

  /** @param after an id that the next ones follow */
  startAfter(after: string): void {
    const [, year, month, day, hour, minute, second, ms] =
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-/.exec(after) ?? [];
    const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
    if (!Number.isNaN(time)) this.#last = Math.max(this.#last, time);
  }

  /** @param now milliseconds since 1970 UTC */
  next(now: number): string {
    this.#last = Math.max(this.#last + 1, now);
    return `${new Date(this.#last).toISOString().replace(MILLISECOND_STAMP, "")}-${randomBytes(1).toString("hex")}`;
  }
}

/** One digest of many texts, fed in turn: hexadecimal, 32 digits. */
export class Digest {
  readonly #hash = createHash("sha256");

  add(text: string): void {
    this.#hash.update(text).update("\0");
  }

  get text(): string {
    return this.#hash.digest("hex").slice(0, 32);
  }
}
