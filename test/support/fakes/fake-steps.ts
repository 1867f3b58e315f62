/** A kind of step in memory: what was begun is counted, and every way to fail can be had. */
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { FoundRun, StepBegin, StepKind, StepReport } from "../../../src/controller/ports/steps.ts";

export class FakeStepKind implements StepKind {
  readonly name = "compute";
  readonly word = "function";
  limitSeconds = 600;
  readonly pollSeconds = 5;
  /** Everything that was begun, with the paths. */
  readonly begun: string[] = [];
  readonly #reports = new Map<string, StepReport>();
  readonly #runByKey = new Map<string, string>();
  keys = 0;
  looks = 0;
  holds = 0;
  /** As `hold` answers. */
  held: string | undefined;
  /** Thrown by every call. */
  failure: Error | undefined;
  /** Thrown by each start before it has begun. */
  refusal: Error | undefined;
  /** Runs begin, and the answer is lost. */
  losesAnswers = false;
  /** So often does `find` not see a run that has begun: the start was held up on its way. */
  lateFinds = 0;
  finds = 0;
  /** What `find` says instead. */
  found: FoundRun | undefined;
  /** What new runs report. */
  report: StepReport = { state: "running", words: "" };

  async hold(): Promise<string | undefined> {
    this.holds++;
    if (this.failure !== undefined) throw this.failure;
    return this.held;
  }
  async prepare(): Promise<string> {
    this.keys++;
    return `key ${this.keys}`;
  }
  async start({ what, path, key }: StepBegin): Promise<string> {
    if (this.failure !== undefined) throw this.failure;
    if (this.refusal !== undefined) throw this.refusal;
    this.begun.push(`${what} ${path}`);
    const run = `run ${this.begun.length}`;
    this.#runByKey.set(key, run);
    this.#reports.set(run, this.report);
    if (this.losesAnswers) throw new UnavailableError("The answer was lost.", { mayHaveHappened: true });
    return run;
  }
  async find({ key }: StepBegin): Promise<FoundRun> {
    if (this.failure !== undefined) throw this.failure;
    this.finds++;
    if (this.found !== undefined) return this.found;
    if (this.lateFinds >= this.finds) return "none";
    const run = this.#runByKey.get(key);
    return run === undefined ? "none" : { run };
  }
  async look(runs: readonly string[]): Promise<ReadonlyMap<string, StepReport>> {
    this.looks++;
    if (this.failure !== undefined) throw this.failure;
    return new Map(
      runs.flatMap((run) => (this.#reports.has(run) ? [[run, this.#reports.get(run) as StepReport]] : [])),
    );
  }
  /** All runs report it from now on. */
  becomes(report: StepReport): void {
    this.report = report;
    for (const run of this.#reports.keys()) this.#reports.set(run, report);
  }
}
