/**
 * The workflow that follows a verified scan, as a kind of step: a job for each, found by its mark where the answer to
 * its start does not come. It decides nothing; controller/steps does.
 */
import { oneLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import { type CallOptions, NotFoundError } from "../ports/call.ts";
import type { ScanTags } from "../ports/queue-ledger.ts";
import type { StepBegin, StepKind, StepReport } from "../ports/steps.ts";
import type { Processing } from "../ports/workflows.ts";
import { scanName } from "../transfers/scan-path.ts";
import { filledArgs, type JobArgs, type JobFacts } from "./job-args.ts";
import { hasEndedWell, isOver, jobText, stateOf } from "./job-words.ts";
import { findJob } from "./start-job.ts";

/** Of a destination, as globus.conf has it. */
export interface WorkflowStepRow {
  /** "": the user who is logged in. */
  readonly owner: string;
  readonly args: JobArgs;
}

export interface WorkflowStepOptions {
  readonly processing: Processing;
  readonly clock: Clock;
  readonly pollSeconds: number;
  /** After which a person decides about a job. */
  readonly limitSeconds: number;
  readonly newMark: () => string;
  /** By destination. */
  readonly rows: ReadonlyMap<string, WorkflowStepRow>;
  /** Of a scan, by its id in the ledger. */
  readonly tagsOf: (scan: string) => ScanTags | undefined;
}

/** Between owner and job in the id of a run: no user name has it. */
const BETWEEN = "/";

export function createWorkflowStep(options: WorkflowStepOptions): StepKind {
  const { processing, clock, newMark, rows } = options;
  const ownerOf = async (destination: string, call: CallOptions): Promise<string> =>
    rows.get(destination)?.owner || (await processing.user(call));
  return {
    name: "workflow",
    word: "workflow",
    limitSeconds: options.limitSeconds,
    pollSeconds: options.pollSeconds,
    hold: () => Promise.resolve(undefined),
    prepare: () => Promise.resolve(newMark()),
    start: async (start, call) => {
      const owner = await ownerOf(start.destination, call);
      const args = argsOf(options, start);
      const job = await processing.start({ owner, workflow: start.what, args, mark: start.key }, call);
      return `${owner}${BETWEEN}${job.id}`;
    },
    find: async ({ destination, what, path, key, since }, call) => {
      const owner = await ownerOf(destination, call);
      const found = await findJob(
        processing,
        { mark: key, owner, workflow: what, about: path, since },
        { clock, ...call },
      );
      return typeof found === "object" ? { run: `${owner}${BETWEEN}${found.id}` } : found;
    },
    look: async (runs, call) =>
      new Map(await Promise.all(runs.map(async (run) => [run, await reportOf(processing, run, call)] as const))),
  };
}

/** @throws ActionError for what may not stand in a shell command */
function argsOf({ rows, tagsOf }: WorkflowStepOptions, { destination, scan, path }: StepBegin): JobArgs {
  const tags = tagsOf(scan);
  const facts: JobFacts = {
    file: path,
    scan: scanName(path, false),
    ...(tags?.exp !== undefined && tags.exp !== "" && tags),
  };
  return filledArgs(rows.get(destination)?.args ?? {}, facts, `workflow-args of [destination ${oneLine(destination)}]`);
}

async function reportOf(processing: Processing, run: string, call: CallOptions): Promise<StepReport> {
  const [owner = "", ...rest] = run.split(BETWEEN);
  try {
    const job = await processing.job(owner, rest.join(BETWEEN), call);
    const words = jobText(job);
    if (!isOver(job)) return { state: stateOf(job) === "Pending" ? "waiting" : "running", words };
    return { state: hasEndedWell(job) ? "done" : "failed", words };
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) throw thrown;
    return { state: "failed", words: `Data Management no longer knows the job ${rest.join(BETWEEN)}`, isFinal: true };
  }
}

/** @throws ActionError for a text that is no JSON object */
export function stepArgs(args: JobArgs | undefined): JobArgs {
  if (args !== undefined) return args;
  throw new ActionError('workflow-args is no JSON object: write it as {"qmap": "default.hdf"}');
}
