/** All workflows and processing jobs of the simulated Data Management service. Jobs move on when any is asked for. */
import type { Clock } from "../../base/clock.ts";
import { isJsonObject } from "../../base/json-object.ts";
import { DmJob, type JobFault, type JobForm, type TwinWorkflow } from "./job.ts";
import { refuse } from "./refusals.ts";

export interface DmJobsFaults {
  /** What happens to jobs under way, as soon as somebody looks at them. */
  readonly jobs?: JobFault;
  /** The service has forgotten all of them. */
  readonly jobsForgotten?: boolean;
}

/** The workflow that a simulated beamline has: commands by the ids of its stages. */
export const SANDBOX_WORKFLOW = {
  name: "recon",
  stages: {
    "01-START": "/bin/echo reconstructing $filePath of $experimentName",
    "02-CENTRE": "/opt/tomo/find-centre $filePath",
    "03-RECONSTRUCT": "/opt/tomo/reconstruct $filePath",
    "04-DONE": "/bin/echo the reconstruction of $filePath is ready",
  },
} as const;

type Query = Readonly<Record<string, string>>;

/** Members of a job that a list has unless all are asked for: none of the job's own arguments is among them. */
const DEFAULT_KEYS = ["id", "owner", "status", "stage", "startTime", "endTime", "runTime", "submissionTime"];
/** Jobs that a list has unless another number is asked for. */
const DEFAULT_LIMIT = "5000";

export class DmJobs {
  readonly #clock: Clock;
  readonly #workflows: TwinWorkflow[] = [];
  readonly #jobs = new Map<string, DmJob>();
  #faults: DmJobsFaults = {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  change({ jobs, jobsForgotten }: DmJobsFaults): void {
    this.#look();
    this.#faults = { ...(jobs !== undefined && { jobs }), ...(jobsForgotten !== undefined && { jobsForgotten }) };
  }
  workflows(owner: string): readonly TwinWorkflow[] {
    return this.#workflows.filter((one) => one.owner === owner);
  }
  workflow(owner: string, name: string): TwinWorkflow {
    const found = this.workflows(owner).find((one) => one.name === name);
    return found ?? refuse("notFound", `Workflow ${name} owned by ${owner} does not exist.`);
  }
  add(json: string): TwinWorkflow {
    const added = workflowOf(json);
    if (this.workflows(added.owner).some(({ name }) => name === added.name)) {
      refuse("exists", `Workflow ${added.name} owned by ${added.owner} already exists.`);
    }
    this.#workflows.push(added);
    return added;
  }
  update(json: string): TwinWorkflow {
    const updated = workflowOf(json);
    const index = this.#workflows.indexOf(this.workflow(updated.owner, updated.name));
    this.#workflows[index] = updated;
    return updated;
  }
  start(owner: string, workflow: string, { argsDict = "{}" }: Query): JobForm {
    const job = new DmJob(this.workflow(owner, workflow), objectOf(argsDict, "argsDict"), this.#now());
    this.#jobs.set(job.id, job);
    return job.form(this.#now());
  }
  /** All of them, oldest first. */
  all(): readonly JobForm[] {
    this.#look();
    return [...this.#jobs.values()].map((job) => job.form(this.#now()));
  }
  list(
    owner: string,
    { queryDict = "{}", skip = "0", limit = DEFAULT_LIMIT, keyList = '"DEFAULT"' }: Query,
  ): JobForm[] {
    const wanted = Object.entries(objectOf(queryDict, "queryDict"));
    const first = Number(skip);
    const found = this.#known()
      .filter((job) => job["owner"] === owner && wanted.every(([key, value]) => job[key] === value))
      .slice(first, first + Number(limit));
    if (keyList === '"ALL"') return found;
    return found.map((job) => Object.fromEntries(Object.entries(job).filter(([key]) => DEFAULT_KEYS.includes(key))));
  }
  find(owner: string, id: string): JobForm {
    const found = this.#known().find((job) => job["id"] === id && job["owner"] === owner);
    return found ?? refuse("notFound", `Processing job ${id} owned by ${owner} does not exist.`);
  }
  stop(owner: string, id: string): JobForm {
    this.find(owner, id);
    this.#jobs.get(id)?.abort(this.#now());
    return this.find(owner, id);
  }
  #known(): readonly JobForm[] {
    return this.#faults.jobsForgotten === true ? [] : this.all();
  }
  #look(): void {
    for (const job of this.#jobs.values()) {
      if (job.underWay) job.look(this.#now(), this.#faults.jobs);
    }
  }
  #now(): number {
    return this.#clock.now() / 1000;
  }
}

function objectOf(json: string, name: string): JobForm {
  try {
    const value: unknown = JSON.parse(json);
    if (isJsonObject(value)) return value;
  } catch {
    // refused below
  }
  return refuse("invalidArgument", `${name} is not a JSON object.`);
}

function workflowOf(json: string): TwinWorkflow {
  const { name = "", owner = "", stages, ...rest } = objectOf(json, "workflow");
  if (name === "" || owner === "" || typeof stages !== "object" || stages === null) {
    return refuse("invalidArgument", "A workflow needs name, owner and stages.");
  }
  return { ...rest, name: String(name), owner: String(owner), stages: stages as TwinWorkflow["stages"] };
}
