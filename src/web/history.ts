/**
 * The last minutes of the rates and of the event loop's lag, for graphs: a ring of steps in memory, lost with the IOC.
 */
import type { Cancel, Clock } from "../base/clock.ts";
import { allPvs, type PvSuffix } from "../controller/pvs/index.ts";
import { UNKNOWN_COUNT } from "../controller/pvs/row.ts";
import type { WebPvs } from "./ports.ts";

const STEP_SECONDS = 5;
/** A quarter of an hour. */
const STEPS = 180;
const RATES = [...allPvs()]
  .filter(([suffix, { kind, unit }]) => kind === "result" && suffix.endsWith("Rate") && unit !== undefined)
  .map(([suffix]) => suffix);
const REMEMBERED: readonly PvSuffix[] = [...RATES, "EventLoopLag"];

export class History {
  readonly #pvs: WebPvs;
  readonly #clock: Clock;
  readonly #steps = new Map<PvSuffix, (number | null)[]>(REMEMBERED.map((suffix) => [suffix, []]));
  #cancel: Cancel | undefined;
  #end = 0;

  constructor(pvs: WebPvs, clock: Clock) {
    this.#pvs = pvs;
    this.#clock = clock;
  }

  start(): void {
    this.#cancel = this.#clock.after(STEP_SECONDS, () => {
      this.#step();
      this.start();
    });
  }
  stop(): void {
    this.#cancel?.();
  }

  /** `GET /api/history`: steps from the oldest to the newest; null where nobody knew. */
  get json(): { readonly stepSeconds: number; readonly end: number; readonly values: object } {
    return { stepSeconds: STEP_SECONDS, end: this.#end, values: Object.fromEntries(this.#steps) };
  }

  #step(): void {
    this.#end = this.#clock.now();
    for (const [suffix, steps] of this.#steps) {
      const value = Number(this.#pvs.look(suffix).value);
      steps.push(value === UNKNOWN_COUNT || Number.isNaN(value) ? null : value);
      if (steps.length > STEPS) steps.shift();
    }
  }
}
