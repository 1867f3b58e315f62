/**
 * Counts the calls that a command makes of all services together, and springs at one of them: before the service has it, or when it has acted and its answer
 * is on the way. Shared by all gates, so that "the fifth call" is the fifth whomever it is for.
 */

/** `before`: the service never learns of the call. `after`: it has acted, and the answer is lost. */
export type Moment = "before" | "after";

export class Trap {
  /** The calls since it was set, as the gates name them. */
  calls: string[] = [];
  #at = 0;
  #moment: Moment = "before";
  #spring: (() => void) | undefined;

  /** @param at the call, counted from 1; 0: none, they are only counted */
  set(at: number, moment: Moment, spring: () => void): void {
    this.calls = [];
    this.#at = at;
    this.#moment = moment;
    this.#spring = spring;
  }
  release(): void {
    this.#spring = undefined;
  }
  get isSet(): boolean {
    return this.#spring !== undefined;
  }
  /** @returns this call's number; 0 while it is not set */
  call(what: string): number {
    if (this.#spring === undefined) return 0;
    this.calls.push(what);
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
