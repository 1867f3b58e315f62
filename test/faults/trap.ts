/**
 * Counts the calls that a command makes of all services together, and springs at one of them: before the service has
 * it, or when it has acted and its answer is on the way. Shared by all gates, so that "the fifth call" is the fifth
 * whomever it is for.
 */

/** A call as it is found again in another run, where calls that run side by side may come in another order. */
export interface CallPlace {
  /** What it says, as `alike` has it. */
  readonly says: string;
  /** Which of the calls that say so, counted from 1. */
  readonly nth: number;
}

/** A call without what differs from run to run: values of a query, Data Management's encoded texts, and numbers. */
const alike = (what: string): string => what.replace(/(?<==)[^&\s]+|b'[^']*'|[0-9a-f-]{8,}|\d+/gi, "#");

/** `before`: the service never learns of the call. `after`: it has acted, and the answer is lost. */
export type Moment = "before" | "after";

export class Trap {
  /** The calls since it was set, as the gates name them. */
  calls: string[] = [];
  /** Number of the call, counted from 1; 0 until it was made. */
  #at = 0;
  #isPlace: (place: CallPlace) => boolean = () => false;
  #moment: Moment = "before";
  #spring: (() => void) | undefined;

  /** @param at the call, or how the first looks; undefined: none, the calls are only noted */
  set(at: CallPlace | RegExp | undefined, moment: Moment, spring: () => void): void {
    this.calls = [];
    this.#at = 0;
    this.#moment = moment;
    this.#spring = spring;
    if (at === undefined) this.#isPlace = () => false;
    else if (at instanceof RegExp) this.#isPlace = () => at.test(this.calls.at(-1) ?? "");
    else this.#isPlace = ({ says, nth }) => says === at.says && nth === at.nth;
  }
  release(): void {
    this.#spring = undefined;
  }
  /** Number and words of the call for which it is set, once that was made. */
  get caught(): { readonly call: number; readonly what: string } {
    return { call: this.#at, what: this.calls[this.#at - 1] ?? "" };
  }
  /** Where each of the calls is found again. */
  get places(): readonly CallPlace[] {
    const seen: string[] = [];
    return this.calls.map((what) => {
      const says = alike(what);
      seen.push(says);
      return { says, nth: seen.filter((one) => one === says).length };
    });
  }
  /** @returns this call's number; 0 while it is not set */
  call(what: string): number {
    if (this.#spring === undefined) return 0;
    this.calls.push(what);
    const place = this.places.at(-1);
    if (this.#at === 0 && place !== undefined && this.#isPlace(place)) this.#at = this.calls.length;
    return this.calls.length;
  }
  /** @returns whether it springs now: nothing may pass any more */
  springsAt(call: number, moment: Moment): boolean {
    const spring = this.#spring;
    if (spring === undefined || call === 0 || call !== this.#at || moment !== this.#moment) return false;
    this.#spring = undefined;
    spring();
    return true;
  }
}
