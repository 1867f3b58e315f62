/** APS Data Management's processing service: workflows, and the jobs that run them. */
import type { CallOptions } from "./call.ts";

/** A workflow as its owner has defined it. */
export interface WorkflowReport {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  /** In the order in which they run. */
  readonly stages: readonly { readonly id: string; readonly command: string }[];
}

/** A command that a stage has run. */
export interface StageProcess {
  readonly command: string;
  /** In the service's words. */
  readonly status: string;
  readonly exitStatus?: number;
  /** The ends of what it wrote to standard output and standard error. */
  readonly output: string;
  readonly errors: string;
}

export interface JobStage {
  readonly id: string;
  /** As the workflow has it. */
  readonly command: string;
  /** What it has run so far, in order; empty before it begins. */
  readonly processes: readonly StageProcess[];
}

/** One run of a workflow. */
export interface ProcessingJob {
  readonly id: string;
  readonly owner: string;
  readonly workflow: string;
  /** The service's word, in small letters: pending, running, finalizing, done, failed, aborting, aborted, … */
  readonly status: string;
  /** The stage that it is in, or ended in; "" where the service does not tell. */
  readonly stage: string;
  /** In the order in which they run; empty where the service does not tell, as in lists. */
  readonly stages: readonly JobStage[];
  /** Our own word for this run, by which a job is found whose id never came; absent for the jobs of others. */
  readonly mark?: string;
  readonly filePath?: string;
  readonly experimentName?: string;
  /** Milliseconds since 1970 UTC. */
  readonly submitted?: number;
  readonly started?: number;
  readonly ended?: number;
  /** What the service says is wrong with it. */
  readonly problem?: string;
}

/** What is to be run. */
export interface JobRequest {
  readonly owner: string;
  readonly workflow: string;
  /** Values of the variables in the workflow's commands. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Travels as one more argument, and comes back with the job. */
  readonly mark: string;
}

export interface Processing {
  /** The user who is logged in: the owner of workflows unless another is named. @throws ActionError */
  user(options: CallOptions): Promise<string>;
  /** All workflows of an owner. */
  workflows(owner: string, options: CallOptions): Promise<readonly WorkflowReport[]>;
  /** @throws NotFoundError */
  workflow(owner: string, name: string, options: CallOptions): Promise<WorkflowReport>;
  /** Defines a workflow in the service's own JSON. Never repeated after a time-out. @throws AlreadyExistsError */
  addWorkflow(spec: Readonly<Record<string, unknown>>, options: CallOptions): Promise<WorkflowReport>;
  /** Replaces the definition of a workflow. @throws NotFoundError */
  updateWorkflow(spec: Readonly<Record<string, unknown>>, options: CallOptions): Promise<WorkflowReport>;
  /**
   * One request, never repeated: the service has no word for the same job asked for again.
   * @throws NotFoundError for an unknown workflow; UnavailableError with `mayHaveHappened` where the job may have begun
   */
  start(request: JobRequest, options: CallOptions): Promise<ProcessingJob>;
  /** @throws NotFoundError */
  job(owner: string, id: string, options: CallOptions): Promise<ProcessingJob>;
  /** The jobs of an owner, in no order, perhaps without their stages. @param most so many at most */
  jobs(owner: string, most: number, options: CallOptions): Promise<readonly ProcessingJob[]>;
  /** @throws NotFoundError; NotOfferedError where nobody knows how this site's service is asked */
  stop(owner: string, id: string, options: CallOptions): Promise<void>;
}

/** A job that an IOC has asked for. */
export interface AskedJob {
  readonly mark: string;
  readonly owner: string;
  readonly workflow: string;
  /** What it is about, for people: the file; "" where it has none. */
  readonly about: string;
  /** When it was asked for, milliseconds since 1970 UTC. */
  readonly since: number;
  /** Of the job, once it is known. */
  readonly id?: string;
  /** Its end was seen and told. */
  readonly isOver?: true;
}

/** The durable memory of what an IOC has asked for and not seen the end of, and of the newest job. */
export interface JobMemory {
  /** What the last process left, the newest last, or a sentence on why that is not known. Asked once, at the start. */
  left(): { readonly jobs: readonly AskedJob[]; readonly problem?: string };
  /** Replaces the memory, which is on disk when the promise resolves. @throws ActionError naming the file */
  keep(jobs: readonly AskedJob[]): Promise<void>;
}
