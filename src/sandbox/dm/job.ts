/**
 * One processing job of the simulated Data Management service: it goes through its workflow's stages at a bounded rate,
 * and ends; it runs no command. It moves on at each look at it (data-management.md §7.9).
 */
import { randomUUID } from "node:crypto";
import { stamp } from "./stamp.ts";

/** JSON of the service's own. */
export type JobForm = Readonly<Record<string, unknown>>;

/** A workflow as it was added: name, owner and stages, and whatever else its author gave. */
export interface TwinWorkflow {
  readonly name: string;
  readonly owner: string;
  readonly stages: Readonly<Record<string, TwinStage>>;
}
interface TwinStage {
  readonly command: string;
  readonly outputVariableRegexList?: readonly string[];
}

/**
 * What happens to jobs that are under way: their command of one stage fails, they stay in the stage that they are in,
 * they are given up for their time, they have a status that nobody knows.
 */
export type JobFault =
  | { readonly fails: string; readonly exitStatus: number; readonly says: string }
  | "hang"
  | "timeout"
  | "strange";

/** Seconds that a job waits for its turn, that a stage takes, and that an abort takes. */
const PENDING_SECONDS = 1;
const STAGE_SECONDS = 2;
const ABORT_SECONDS = 1;

/** All times are seconds since 1970. */
export class DmJob {
  readonly id = randomUUID();
  readonly workflow: TwinWorkflow;
  readonly args: JobForm;
  status = "pending";
  readonly #submitted: number;
  readonly #stages: readonly (readonly [id: string, stage: TwinStage])[];
  #problem = "";
  /** The stage that runs, or was the last to run; -1: none has begun. */
  #at = -1;
  /** When that stage, or the wait before the first, began. */
  #since: number;
  #endTime: number | undefined;
  #failure: { readonly exitStatus: number; readonly says: string } | undefined;
  /** What stages have found out, for the commands after them. */
  readonly #variables: Record<string, string> = {};
  /** When each stage began. */
  readonly #begun: number[] = [];
  readonly #output: string[] = [];

  constructor(workflow: TwinWorkflow, args: JobForm, now: number) {
    this.workflow = workflow;
    this.args = args;
    this.#submitted = now;
    this.#since = now;
    this.#stages = Object.entries(workflow.stages);
  }
  get underWay(): boolean {
    return this.#endTime === undefined;
  }
  look(now: number, fault: JobFault | undefined): void {
    if (fault === "timeout") return this.#end("timeout", now, "The job has run for too long.");
    if (fault === "strange") this.status = "contemplating";
    if (fault === "hang" || fault === "strange") {
      this.#since = now;
      return;
    }
    while (this.underWay && now >= this.#since + this.#seconds) this.#step(this.#since + this.#seconds, fault);
  }
  abort(now: number): void {
    if (!this.underWay) return;
    this.status = "aborting";
    this.#since = now;
  }
  get #seconds(): number {
    if (this.status === "aborting") return ABORT_SECONDS;
    return this.#at < 0 ? PENDING_SECONDS : STAGE_SECONDS;
  }
  #step(at: number, fault: Exclude<JobFault, string> | undefined): void {
    if (this.status === "aborting") return this.#end("aborted", at);
    if (this.#at < 0 && (this.args["filePath"] ?? "") === "") {
      return this.#end("failed", at, "Invalid input file specification.");
    }
    if (this.#at >= 0) {
      const [id] = this.#stages[this.#at] ?? [];
      if (id !== undefined && id === fault?.fails) {
        this.#failure = fault;
        return this.#end("failed", at);
      }
      this.#found();
    }
    this.#at++;
    this.#since = at;
    this.status = "running";
    if (this.#at === this.#stages.length) {
      this.#at--;
      this.#end("done", at);
    } else {
      this.#begun[this.#at] = at;
    }
  }
  /** The stage that ends has written what an echo writes, and its variables are known. */
  #found(): void {
    const [, stage] = this.#stages[this.#at] ?? [];
    if (stage === undefined) return;
    const command = this.#filled(stage.command);
    const output = /^(?:\/bin\/)?echo\s+(.*)$/.exec(command)?.[1]?.replaceAll('"', "") ?? "";
    this.#output[this.#at] = output === "" ? "" : `${output}\n`;
    for (const pattern of stage.outputVariableRegexList ?? []) {
      const groups = new RegExp(pattern.replaceAll("(?P<", "(?<")).exec(output)?.groups ?? {};
      Object.assign(this.#variables, groups);
    }
  }
  #filled(command: string): string {
    const values: JobForm = { ...this.args, ...this.#variables, id: this.id };
    return command.replace(/\$(\w+)/g, (whole, name: string) => {
      const value = values[name];
      return typeof value === "string" ? value : value === undefined ? whole : JSON.stringify(value);
    });
  }
  #end(status: string, at: number, problem = ""): void {
    this.status = status;
    this.#endTime = at;
    this.#problem = problem;
  }

  /** @param now seconds since 1970 */
  form(now: number): JobForm {
    const { name, owner } = this.workflow;
    const begun = this.#begun[0] ?? this.#endTime;
    const stage = this.#stages[this.#at]?.[0];
    return {
      ...this.args,
      ...this.#variables,
      id: this.id,
      owner,
      status: this.status,
      ...(stage !== undefined && { stage }),
      countFiles: (this.args["filePath"] ?? "") === "" ? 0 : 1,
      submissionTime: this.#submitted,
      submissionTimestamp: stamp(this.#submitted),
      ...(begun !== undefined && {
        startTime: begun,
        startTimestamp: stamp(begun),
        runTime: (this.#endTime ?? now) - begun,
      }),
      ...(this.#endTime !== undefined && { endTime: this.#endTime, endTimestamp: stamp(this.#endTime) }),
      ...(this.#problem !== "" && { errorMessage: this.#problem }),
      workflow: { ...this.workflow, name, owner, stages: this.#stageForms() },
    };
  }
  #stageForms(): JobForm {
    return Object.fromEntries(this.#stages.map(([id, stage], index) => [id, this.#stageForm(id, stage, index)]));
  }
  #stageForm(id: string, stage: TwinStage, index: number): JobForm {
    const startTime = this.#begun[index];
    if (startTime === undefined) return { ...stage };
    const isLast = index === this.#at;
    const failed = isLast ? this.#failure : undefined;
    const runs = isLast && this.underWay;
    return {
      ...stage,
      [failed === undefined ? "nCompletedChildProcesses" : "nFailedChildProcesses"]: runs ? 0 : 1,
      nQueuedChildProcesses: 0,
      nRunningChildProcesses: runs ? 1 : 0,
      childProcesses: {
        [index]: {
          childProcessNumber: index,
          stageId: id,
          command: this.#filled(stage.command),
          status: failed === undefined ? (runs ? "running" : "done") : "failed",
          submitTime: startTime,
          startTime,
          stdOut: this.#output[index] ?? "",
          stdErr: failed?.says ?? "",
          workingDir: null,
          ...(!runs && { exitStatus: failed?.exitStatus ?? 0, endTime: this.#endTime, runTime: STAGE_SECONDS }),
        },
      },
    };
  }
}
