/** Data Management's processing service: jobs that a test moves on, and failures that it asks for. */
import { NotFoundError } from "../../../src/controller/ports/call.ts";
import type {
  AskedJob,
  JobMemory,
  JobRequest,
  JobStage,
  Processing,
  ProcessingJob,
  StageProcess,
  WorkflowReport,
} from "../../../src/controller/ports/workflows.ts";

export const STAGES = ["01-START", "02-CENTRE", "03-DONE"] as const;

const stageOf = (id: string, processes: readonly StageProcess[] = []): JobStage => ({
  id,
  command: `run ${id}`,
  processes,
});

/** A command that has ended. */
export const ended = (changes: Partial<StageProcess> = {}): StageProcess => ({
  command: "run",
  status: "done",
  exitStatus: 0,
  output: "",
  errors: "",
  ...changes,
});

/** A job of the workflow `tomo`, that waits unless the changes say otherwise. */
export const jobOf = (changes: Partial<ProcessingJob> = {}): ProcessingJob => ({
  id: "job-1",
  owner: "dm2bm",
  workflow: "tomo",
  status: "pending",
  stage: "",
  stages: STAGES.map((id) => stageOf(id)),
  ...changes,
});

/** One that is in its n-th stage, or ended there. @param processes of that stage */
export const inStage = (number: number, processes: readonly StageProcess[] = [], status = "running"): ProcessingJob =>
  jobOf({
    status,
    stage: STAGES[number - 1] ?? "",
    stages: STAGES.map((id, index) =>
      stageOf(id, index + 1 < number ? [ended()] : index + 1 === number ? processes : []),
    ),
  });

/** As a list tells of it that leaves out what belongs to one job. */
const withoutMark = ({ id, owner, status, submitted }: ProcessingJob): ProcessingJob => ({
  id,
  owner,
  workflow: "",
  status,
  stage: "",
  stages: [],
  ...(submitted !== undefined && { submitted }),
});

export class FakeProcessing implements Processing {
  readonly calls: string[] = [];
  readonly requests: JobRequest[] = [];
  /** By id. */
  readonly known = new Map<string, ProcessingJob>();
  /** What the next calls of an operation throw, one each. */
  readonly failures: Partial<Record<keyof Processing, unknown[]>> = {};
  /** The next start makes a job, and throws all the same. */
  answerLost: unknown;
  /** Lists leave out what belongs to one job. */
  isSilent = false;

  #call(name: keyof Processing): void {
    this.calls.push(name);
    const failure = this.failures[name]?.shift();
    if (failure !== undefined) throw failure;
  }
  count(name: keyof Processing): number {
    return this.calls.filter((one) => one === name).length;
  }
  set(job: ProcessingJob): void {
    const before = this.known.get(job.id);
    this.known.set(job.id, { ...job, ...(before?.mark !== undefined && { mark: before.mark }) });
  }
  async user(): Promise<string> {
    this.#call("user");
    return "dm2bm";
  }
  async workflows(): Promise<readonly WorkflowReport[]> {
    this.#call("workflows");
    return [await this.workflow()];
  }
  async workflow(): Promise<WorkflowReport> {
    return {
      name: "tomo",
      owner: "dm2bm",
      description: "",
      stages: STAGES.map((id) => ({ id, command: `run ${id}` })),
    };
  }
  addWorkflow(): Promise<WorkflowReport> {
    return this.workflow();
  }
  updateWorkflow(): Promise<WorkflowReport> {
    return this.workflow();
  }
  async start(request: JobRequest): Promise<ProcessingJob> {
    this.#call("start");
    this.requests.push(request);
    const job = jobOf({ id: `job-${this.requests.length}`, mark: request.mark, workflow: request.workflow });
    this.known.set(job.id, job);
    const lost = this.answerLost;
    this.answerLost = undefined;
    if (lost !== undefined) throw lost;
    return job;
  }
  async job(_owner: string, id: string): Promise<ProcessingJob> {
    this.#call("job");
    const found = this.known.get(id);
    if (found === undefined) throw new NotFoundError(`there is no job ${id}`);
    return found;
  }
  async jobs(): Promise<readonly ProcessingJob[]> {
    this.#call("jobs");
    const all = [...this.known.values()];
    return this.isSilent ? all.map(withoutMark) : all;
  }
  async stop(_owner: string, id: string): Promise<void> {
    this.#call("stop");
    const found = this.known.get(id);
    if (found !== undefined) this.set({ ...found, status: "aborting" });
  }
}

/** What outlives an IOC. */
export class FakeJobMemory implements JobMemory {
  jobs: readonly AskedJob[] = [];
  problem: string | undefined;
  /** What the next writes throw, one each. */
  readonly failures: unknown[] = [];

  left(): ReturnType<JobMemory["left"]> {
    return { jobs: this.jobs, ...(this.problem !== undefined && { problem: this.problem }) };
  }
  async keep(jobs: readonly AskedJob[]): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.jobs = jobs;
  }
}
