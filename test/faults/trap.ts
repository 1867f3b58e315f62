/**
 * Counts the calls that a command makes of all services together, and springs at one of them: before the service has it, or when it has acted and its answer
 * is on the way. Shared by all gates, so that "the fifth call" is the fifth whomever it is for.
 */

/** `before`: the service never learns of the call. `after`: it has acted, and the answer is lost. */
export type Moment = "before" | "after";

export class Trap {
  /** The calls since it was set, as the gates name them. */
  calls: string[] = [];
  /** Number of the call; 0 until it is known, or for none. */
  #at = 0;
  #pattern: RegExp | undefined;
  #moment: Moment = "before";
  #spring: (() => void) | undefined;

  /** @param at the call, counted from 1, or the first that looks so */
  set(at: number | RegExp, moment: Moment, spring: () => void): void {
    this.calls = [];
    this.#at = typeof at === "number" ? at : 0;
    this.#pattern = typeof at === "number" ? undefined : at;
    this.#moment = moment;
    this.#spring = spring;
  }
  release(): void {
    this.#spring = undefined;
  }
  /** Number and words of the call for which it is set, once that was made. */
  get caught(): { readonly call: number; readonly what: string } {
    return { call: this.#at, what: this.calls[this.#at - 1] ?? "" };
  }
  /** @returns this call's number; 0 while it is not set */
  call(what: string): number {
    if (this.#spring === undefined) return 0;
    this.calls.push(what);
    if (this.#at === 0 && this.#pattern?.test(what) === true) this.#at = this.calls.length;
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
