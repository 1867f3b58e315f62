/**
 * WorkflowRun: starts one job of a workflow, and completes when Data Management has accepted it; workflow-watch.ts
 * follows it. A start whose answer does not come is found out about, never repeated.
 */
import { oneLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { ActionError, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import { type CallOptions, NotFoundError } from "../ports/call.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { ScanTags } from "../ports/queue-ledger.ts";
import type { AskedJob, Processing, ProcessingJob } from "../ports/workflows.ts";
import { type ActionRequest, type FreeAction, type RunContext, textInput } from "../run/action.ts";
import { type ActionResult, InputError } from "../run/outcome.ts";
import { scanName } from "../transfers/scan-path.ts";
import { argsOf, filledArgs, type JobArgs, type JobFacts, plain, wantsDataDir } from "./job-args.ts";
import { isOpen, type JobBoard, type JobNews } from "./job-board.ts";
import { hasEndedWell, isOver, jobText } from "./job-words.ts";
import { findJob, mayHaveBegun } from "./start-job.ts";
import { runText, showJobs } from "./workflow-pvs.ts";

/** The scan that a job is about where a person names no file. */
export interface KnownScan {
  readonly file: string;
  readonly name: string;
  /** Of the experiment that it is of; absent: the tagged one. */
  readonly tags?: ScanTags;
}

export interface WorkflowOptions {
  readonly processing: Processing;
  readonly dm: Pick<DataManagement, "experimentByName">;
  readonly board: JobBoard;
  readonly clock: Clock;
  /** The workflow where a person names none; "": there is none. */
  readonly usual: string;
  /** What tells of the job from now on, pieces of sentences. */
  readonly told: {
    readonly follows: (id: string) => string;
    /** Where nobody knows yet whether there is one. */
    readonly later: string;
  };
  /** An id that nobody else makes. */
  readonly newMark: () => string;
  /**
   * The newest scan; undefined: none is known.
   * @throws RejectedError while its file is still written
   */
  readonly newestScan: (options: CallOptions) => Promise<KnownScan | undefined>;
}

export const workflowRun = (options: WorkflowOptions): FreeAction => ({
  plan: (request) => {
    const { workflow, owner, file } = wantedOf(request, options.usual);
    return [
      `would start a job of the workflow ${oneLine(workflow)} of ${owner || "the user of [dm] login-file"} with ${file || "the newest scan"}`,
    ];
  },
  run: (context) => run(options, context),
});

interface Wanted {
  readonly workflow: string;
  /** "": the user who is logged in. */
  readonly owner: string;
  readonly args: JobArgs;
  /** "": the newest scan's. */
  readonly file: string;
}

/** @throws InputError */
function wantedOf(request: ActionRequest, usual: string): Wanted {
  const workflow = textInput(request, "WorkflowName") || usual;
  if (workflow === "")
    throw new InputError(
      "WorkflowName",
      "WorkflowName is empty: write the workflow's name, which globus-ioc workflow list shows, or set workflow in [dm]",
    );
  const args = argsOf(textInput(request, "WorkflowArgs"));
  if (args === undefined)
    throw new InputError(
      "WorkflowArgs",
      'WorkflowArgs is no JSON object: write it as {"filePath": "/data/a1.h5"}, or empty it',
    );
  const file = textInput(request, "WorkflowFile");
  return { workflow, owner: textInput(request, "WorkflowOwner"), args, file: plain(file, "WorkflowFile") };
}

async function run(options: WorkflowOptions, context: RunContext): Promise<ActionResult> {
  const { processing, board, clock, newMark } = options;
  const wanted = wantedOf(context, options.usual);
  await settleBefore(options, context);
  const owner = wanted.owner || (await processing.user(context));
  const facts = await factsOf(options, wanted, context);
  const args = filledArgs(wanted.args, facts, "WorkflowArgs");
  const about = typeof args["filePath"] === "string" ? args["filePath"] : "";
  if (args["filePath"] === undefined)
    throw new InputError(
      "WorkflowFile",
      `No scan is known, and Data Management fails a job without a file: set WorkflowFile, or filePath in WorkflowArgs`,
    );
  const asked: AskedJob = { mark: newMark(), owner, workflow: wanted.workflow, about, since: clock.now() };
  tellOnce(context, await board.ask(asked));
  show(options, context);
  const job = await start(options, context, { asked, args });
  if (isOver(job) && !hasEndedWell(job)) throw new ActionError(jobText(job));
  const file = `for ${oneLine(about)}`;
  const what = args["experimentName"] === undefined ? `${file}, and without an experiment, for none is tagged` : file;
  return {
    state: "Done",
    message: `Data Management has accepted the job ${job.id} of the workflow ${oneLine(wanted.workflow)} ${what}; ${options.told.follows(job.id)}.`,
  };
}

/** What is filled in, as far as it is known. @throws RejectedError */
async function factsOf(options: WorkflowOptions, wanted: Wanted, { signal }: RunContext): Promise<JobFacts> {
  const { board, dm } = options;
  const named = wanted.file || wanted.args["filePath"];
  const scan = named === undefined || named === "" ? await options.newestScan({ signal }) : undefined;
  const file = wanted.file || scan?.file;
  const facts = {
    ...(file !== undefined && { file, scan: scan?.name ?? scanName(file, false) }),
    ...tagFacts(scan?.tags, board),
  };
  if (!wantsDataDir(wanted.args) || facts.exp === undefined) return facts;
  const { dataDirectory } = await dm.experimentByName(facts.exp, { signal });
  return { ...facts, ...(dataDirectory !== undefined && { dataDir: dataDirectory }) };
}

function tagFacts(tags: ScanTags | undefined, { experiment }: JobBoard): Pick<JobFacts, "exp" | "ym" | "last" | "gup"> {
  if (tags !== undefined && tags.exp !== "") return tags;
  if (experiment === undefined) return {};
  const { name, yearMonth, piLastName, proposalNumber } = experiment;
  return { exp: name, ym: yearMonth, last: piLastName, gup: proposalNumber };
}

/**
 * Finds out about starts before this one whose answers did not come: one of them may be the very job that is wanted.
 * @throws ActionError where nobody can say; the next WorkflowRun goes on without them then
 */
async function settleBefore(options: WorkflowOptions, context: RunContext): Promise<void> {
  const { board, processing, clock } = options;
  tellOnce(context, board.recall());
  for (const before of board.jobs.filter((one) => isOpen(one) && one.id === undefined)) {
    const found = await findJob(processing, before, { clock, signal: context.signal });
    const news: JobNews =
      typeof found === "object" ? { id: found.id, job: found } : { lost: found === "none" ? "never" : "unclear" };
    await board.know(before.mark, news);
    show(options, context);
    if (news.lost === "unclear") throw new ActionError(runText({ ...before, ...news }));
    if (news.job !== undefined)
      context.say(`The job ${news.job.id} of the workflow ${before.workflow} was found, whose start had no answer.`);
  }
}

interface JobStart {
  readonly asked: AskedJob;
  readonly args: JobArgs;
}

/** @throws ActionError, CancelledError */
async function start(options: WorkflowOptions, context: RunContext, { asked, args }: JobStart): Promise<ProcessingJob> {
  const { processing, board } = options;
  const { owner, workflow, mark } = asked;
  const { signal } = context;
  try {
    const job = await processing.start({ owner, workflow, args, mark }, { signal });
    tellOnce(context, await board.know(mark, { id: job.id, job }));
    return job;
  } catch (thrown) {
    if (signal.aborted)
      throw new CancelledError(`${messageOf(signal.reason)} The job may have begun: ${options.told.later}.`);
    if (mayHaveBegun(thrown)) return await lostJob(options, context, { asked, thrown });
    await board.forget(mark);
    if (thrown instanceof NotFoundError)
      throw new ActionError(
        `${owner} has no workflow ${oneLine(workflow)}: globus-ioc workflow list shows those that there are`,
        { cause: thrown },
      );
    throw thrown;
  } finally {
    show(options, context);
  }
}

/** The job of a start whose answer got lost. @throws ActionError where there is none, or nobody can say */
async function lostJob(
  { processing, board, clock, told }: WorkflowOptions,
  context: RunContext,
  { asked, thrown }: { readonly asked: AskedJob; readonly thrown: unknown },
): Promise<ProcessingJob> {
  const { signal } = context;
  context.say(
    `The answer to the start of the workflow ${oneLine(asked.workflow)} did not come: ${clauseOf(thrown)}; its job is looked for.`,
    "MINOR",
  );
  const job = await findJob(processing, asked, { clock, signal }).catch((failure: unknown) => {
    signal.throwIfAborted();
    throw new ActionError(
      `The job may have begun or not, and the list of jobs cannot be read (${clauseOf(failure)}): ${told.later}`,
      { cause: thrown },
    );
  });
  if (typeof job === "object") {
    await board.know(asked.mark, { id: job.id, job });
    return job;
  }
  const lost = job === "none" ? "never" : "unclear";
  await board.know(asked.mark, { lost });
  throw new ActionError(runText({ ...asked, lost }), { cause: thrown });
}

/** Shows what is known now. */
export function show({ board, clock }: Pick<WorkflowOptions, "board" | "clock">, { publish }: RunContext): void {
  showJobs(publish, board, { now: clock.now() });
}

export function tellOnce({ say }: RunContext, problem: string | undefined): void {
  if (problem !== undefined) say(problem, "MINOR");
}

/** On an IOC. */
export const TOLD_BY_PVS: WorkflowOptions["told"] = {
  follows: () => "WorkflowStatus follows it",
  later: "WorkflowStatus shows it once Data Management has told, and the next WorkflowRun looks first",
};
