/**
 * The last minutes of the rates and of the event loop's lag, for graphs: a ring of steps in memory, lost with the IOC.
 */
import type { Cancel, Clock } from "../base/clock.ts";
import { allPvs, type PvSuffix } from "../controller/pvs/index.ts";
import { UNKNOWN_COUNT } from "../controller/pvs/row.ts";
import type { LagMeter } from "./lag.ts";
import type { WebPvs } from "./ports.ts";

const STEP_SECONDS = 5;
/** A quarter of an hour. */
const STEPS = 180;
const RATES: readonly PvSuffix[] = [...allPvs()]
  .filter(([suffix, { kind, unit }]) => kind === "result" && suffix.endsWith("Rate") && unit !== undefined)
  .map(([suffix]) => suffix);
/** In milliseconds; no PV. */
const LAG = "EventLoopLag";

export class History {
  readonly #pvs: WebPvs;
  readonly #clock: Clock;
  readonly #lag: LagMeter;
  readonly #steps = new Map<string, (number | null)[]>([...RATES, LAG].map((name) => [name, []]));
  #cancel: Cancel | undefined;
  #end = 0;
  /** Seconds of the last step. */
  lastLag = 0;

  constructor(pvs: WebPvs, clock: Clock, lag: LagMeter) {
    this.#pvs = pvs;
    this.#clock = clock;
    this.#lag = lag;
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
    this.lastLag = this.#lag.take();
    for (const suffix of RATES) {
      const value = Number(this.#pvs.look(suffix).value);
      this.#add(suffix, value === UNKNOWN_COUNT || Number.isNaN(value) ? null : value);
    }
    this.#add(LAG, Math.round(this.lastLag * 1e4) / 10);
  }

  #add(name: string, value: number | null): void {
    const steps = this.#steps.get(name);
    steps?.push(value);
    if (steps !== undefined && steps.length > STEPS) steps.shift();
  }
}
