/** How long runs may take: by the clock that never steps, once this process has seen them. */
import type { Clock } from "../../base/clock.ts";
import type { StepRecord } from "../ports/queue-ledger.ts";

export class StepDeadlines {
  readonly #clock: Clock;
  readonly #limitSeconds: number;
  /** Monotonic seconds, by the runs' ids. */
  readonly #endByRun = new Map<string, number>();

  constructor(clock: Clock, limitSeconds: number) {
    this.#clock = clock;
    this.#limitSeconds = limitSeconds;
  }

  /** Time that had passed before this process saw a run counts by the ledger's time. */
  begin({ run = "", since = 0 }: StepRecord): void {
    if (this.#endByRun.has(run)) return;
    const passed = (this.#clock.now() - since) / 1000;
    const left = this.#limitSeconds - Math.min(Math.max(passed, 0), this.#limitSeconds);
    this.#endByRun.set(run, this.#clock.monotonic() + left);
  }

  isOver({ run = "" }: StepRecord): boolean {
    return this.#clock.monotonic() >= (this.#endByRun.get(run) ?? Infinity);
  }

  /** Forgets all others. */
  keep(steps: readonly StepRecord[]): void {
    const runs = new Set(steps.map(({ run = "" }) => run));
    for (const run of this.#endByRun.keys()) if (!runs.has(run)) this.#endByRun.delete(run);
  }
}
