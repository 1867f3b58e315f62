/** Globus Flows in memory: what the port promises, and the ways in which it fails. */
import { ActionError } from "../../../src/base/errors.ts";
import { orAbort } from "../../../src/base/or-abort.ts";
import { type CallOptions, NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type {
  FlowReport,
  FlowRunRequest,
  Flows,
  Question,
  RunFilter,
  RunLogEntry,
  RunReport,
} from "../../../src/controller/ports/flows.ts";
import type { FakeClock } from "./fake-clock.ts";

const NEVER = new AbortController().signal;
const no = (): Promise<never> => Promise.reject(new ActionError("The fake does not do that."));

export class FakeFlows implements Flows {
  /** By id. */
  readonly reports = new Map<string, RunReport>();
  readonly asked: FlowRunRequest[] = [];
  readonly logs = new Map<string, RunLogEntry[]>();
  readonly requests: string[] = [];
  /** By id. */
  readonly deployed = new Map<string, FlowReport>();
  /** Each start takes it off: before the run begins, or behind it. */
  readonly refuses: (Error | undefined)[] = [];
  readonly losesAnswers: boolean[] = [];
  /** Starts wait for it. */
  gate: Promise<void> | undefined;
  /** Thrown by every request. */
  down: Error | undefined;
  /** Thrown by every request for a log. */
  logless: Error | undefined;
  /** Runs are listed so many seconds behind their start. */
  lagSeconds = 0;
  /** What is wrong with an input. */
  wrong: readonly string[] = [];
  onStart: (report: RunReport) => void = () => {};
  /** Comes before each cancel. */
  onCancel: (id: string) => Promise<void> = () => Promise.resolve();
  owner = "";
  readonly #clock: FakeClock;
  readonly #listedAt = new Map<string, number>();
  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  #ask(what: string): void {
    this.requests.push(what);
    if (this.down !== undefined) throw this.down;
  }

  /** Changes what Flows says of a run. */
  tell(id: string, change: Partial<RunReport>): void {
    const report = this.reports.get(id);
    if (report !== undefined) this.reports.set(id, { ...report, said: change.state ?? report.said, ...change });
  }

  async start(request: FlowRunRequest, { signal = NEVER }: CallOptions): Promise<RunReport> {
    this.#ask("start");
    const refusal = this.refuses.shift();
    if (refusal !== undefined) throw refusal;
    const report = this.begin(request);
    await orAbort(this.gate ?? Promise.resolve(), signal);
    if (this.losesAnswers.shift() === true)
      throw new UnavailableError("Globus gave no answer.", { mayHaveHappened: true });
    return report;
  }

  /** A run begins, whoever asked for it. */
  begin({ flow, label, tags, input }: FlowRunRequest): RunReport {
    this.asked.push({ flow, label, tags, input });
    const id = `00000000-0000-4000-8000-${String(this.reports.size + 1).padStart(12, "0")}`;
    const report: RunReport = {
      id,
      flow,
      flowTitle: "nightly",
      state: "ACTIVE",
      said: "ACTIVE",
      label,
      tags,
      owner: this.owner,
      started: this.#clock.now(),
      code: "FlowStarting",
      description: "",
      step: "",
      stepCode: "",
      requiredScopes: [],
      collections: [],
      tasks: [],
    };
    this.reports.set(id, report);
    this.#listedAt.set(id, this.#clock.monotonic() + this.lagSeconds);
    this.onStart(report);
    return report;
  }

  async problems(): Promise<readonly string[]> {
    this.#ask("problems");
    return this.wrong;
  }

  async run(id: string): Promise<RunReport> {
    this.#ask("run");
    const report = this.reports.get(id);
    if (report === undefined) throw new NotFoundError(`There is no run ${id}.`);
    return report;
  }

  async runs({ flow, label, startedFrom, isOpen }: RunFilter): Promise<readonly RunReport[]> {
    this.#ask(label === undefined ? "runs" : "look");
    return [...this.reports.values()].filter(
      (report) =>
        this.#clock.monotonic() >= (this.#listedAt.get(report.id) ?? 0) &&
        (flow === undefined || report.flow === flow) &&
        (label === undefined || report.label.toLowerCase().includes(label.toLowerCase())) &&
        (startedFrom === undefined || report.started >= startedFrom) &&
        (isOpen !== true || report.state === "ACTIVE" || report.state === "INACTIVE"),
    );
  }

  async log(run: string, _options: CallOptions, last?: RunLogEntry): Promise<readonly RunLogEntry[]> {
    this.#ask("log");
    if (this.logless !== undefined) throw this.logless;
    const entries = this.logs.get(run) ?? [];
    return last === undefined ? entries : entries.slice(entries.indexOf(last) + 1);
  }

  async cancel(id: string): Promise<void> {
    this.#ask("cancel");
    await this.onCancel(id);
    if (!this.reports.has(id)) throw new NotFoundError(`There is no run ${id}.`);
    this.tell(id, { state: "FAILED", code: "FlowCanceled" });
  }

  async resume(id: string): Promise<void> {
    this.#ask("resume");
    this.tell(id, { state: "ACTIVE", code: "", requiredScopes: [], collections: [] });
  }

  async flow(id: string): Promise<FlowReport> {
    this.#ask("flow");
    const report = this.deployed.get(id);
    if (report === undefined) throw new NotFoundError(`The flow ${id} was deleted.`);
    return report;
  }

  flows = (): Promise<readonly FlowReport[]> => Promise.resolve([...this.deployed.values()]);
  create = no;
  change = no;
  remove = no;
  definitionProblems = no;
  questions = (): Promise<readonly Question[]> => Promise.resolve([]);
  question = no;
  respond = no;
}
