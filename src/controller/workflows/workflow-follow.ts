/** WorkflowMonitor and WorkflowCancel: the job of WorkflowRun, or another one that is named, to its end. */
import { cleanJson, oneLine } from "../../base/clean-text.ts";
import { sleep } from "../../base/clock.ts";
import { ActionError, asSentence, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import { AccessDeniedError, OffError } from "../ports/call.ts";
import { type ActionRequest, type FreeAction, type RunContext, textInput } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import { type ActionResult, InputError, RejectedError } from "../run/outcome.ts";
import { type FollowedJob, isOpen, type JobBoard, type JobNews } from "./job-board.ts";
import { lookAtRun } from "./job-look.ts";
import { hasEndedWell } from "./job-words.ts";
import { runText } from "./workflow-pvs.ts";
import { show, tellOnce, type WorkflowOptions } from "./workflow-run.ts";

export interface FollowOptions extends Pick<WorkflowOptions, "processing" | "board" | "clock"> {
  /** Seconds between two looks. */
  readonly pollSeconds: number;
}

/** WorkflowMonitor has waited long enough; the job goes on. */
export class LateError extends ActionError {}

export const workflowMonitor = (options: FollowOptions): FreeAction => ({
  plan: (request) => [`would wait for the end of the job ${nameOf(request, options.board)}`],
  run: (context) => monitor(options, context),
});

export const workflowCancel = (options: FollowOptions): FreeAction => ({
  plan: (request) => [`would stop the job ${nameOf(request, options.board)}`],
  run: (context) => cancel(options, context),
});

/** @throws RejectedError, InputError */
function nameOf(request: ActionRequest, board: JobBoard): string {
  board.recall();
  const given = textInput(request, "WorkflowJob");
  if (given !== "" && !/^[\w.-]+$/.test(given))
    throw new InputError(
      "WorkflowJob",
      `WorkflowJob ${cleanJson(given)} is no id of a job: write one that globus-ioc workflow jobs shows`,
    );
  if (given !== "") return given;
  const { newest } = board;
  if (newest === undefined)
    throw new RejectedError("No job is known: start one with WorkflowRun, or write the id of one into WorkflowJob.");
  return newest.id ?? `of ${oneLine(newest.workflow)}, which Data Management has not told of yet`;
}

/** The run that is meant; a job of somebody else's is taken up. @throws RejectedError, InputError, ActionError */
async function runOf(options: FollowOptions, context: RunContext): Promise<FollowedJob> {
  const { board, processing, clock } = options;
  const name = nameOf(context, board);
  const given = textInput(context, "WorkflowJob");
  const known = given === "" ? board.newest : board.jobs.find(({ id }) => id === given);
  if (known !== undefined) return known;
  const owner = textInput(context, "WorkflowOwner") || (await processing.user(context));
  const job = await processing.job(owner, name, context);
  const about = job.filePath ?? "";
  const run = {
    mark: job.mark ?? `job ${job.id}`,
    owner,
    workflow: job.workflow,
    about,
    since: clock.now(),
    id: job.id,
  };
  tellOnce(context, await board.ask(run));
  tellOnce(context, await board.know(run.mark, { job }));
  return { ...run, job };
}

async function monitor(options: FollowOptions, context: RunContext): Promise<ActionResult> {
  const { clock, pollSeconds } = options;
  const limit = Number(context.input("WorkflowTimeout"));
  const end = clock.monotonic() + limit;
  let run = await runOf(options, context);
  let trouble: unknown;
  for (;;) {
    show(options, context);
    if (!isOpen(run)) return resultOf(run);
    const left = end - clock.monotonic();
    if (left <= 0) throw new LateError(lateText(run, limit, trouble));
    await wait(options, context, Math.min(pollSeconds, left));
    const looked = await look(options, run, context);
    if ("trouble" in looked) {
      if (trouble === undefined)
        context.say(asSentence(`The job cannot be seen now: ${clauseOf(looked.trouble)}`), "MINOR");
      trouble = looked.trouble;
    } else {
      trouble = undefined;
      tellOnce(context, await options.board.know(run.mark, looked.news));
      run = { ...run, ...looked.news };
    }
  }
}

/** @throws CancelledError */
async function wait({ clock }: FollowOptions, { signal }: RunContext, seconds: number): Promise<void> {
  try {
    await sleep(clock, seconds, signal);
  } catch (reason) {
    throw new CancelledError(`${messageOf(reason)} The job goes on at Data Management.`);
  }
}

/** A service that does not answer for a while is no end of the job. @throws OffError, AccessDeniedError */
async function look(
  { processing, clock }: FollowOptions,
  run: FollowedJob,
  { signal }: RunContext,
): Promise<{ readonly news: JobNews } | { readonly trouble: unknown }> {
  try {
    return { news: await lookAtRun(processing, run, { clock, signal }) };
  } catch (thrown) {
    const trouble = serviceFailure(thrown, signal);
    if (trouble instanceof OffError || trouble instanceof AccessDeniedError) throw trouble;
    return { trouble };
  }
}

function lateText(run: FollowedJob, limit: number, trouble: unknown): string {
  const unseen = trouble === undefined ? "" : `, and it cannot be seen now: ${clauseOf(trouble)}`;
  return `The job ${run.id ?? ""} has not ended within ${limit} s (WorkflowTimeout), and goes on at Data Management: ${runText(run).replace(/\.$/, "")}${unseen}`;
}

/** @throws ActionError unless it has ended well */
function resultOf(run: FollowedJob): ActionResult {
  const message = runText(run);
  if (run.job !== undefined && hasEndedWell(run.job)) return { state: "Done", message };
  throw new ActionError(message);
}

async function cancel(options: FollowOptions, context: RunContext): Promise<ActionResult> {
  const { processing, board, clock } = options;
  const run = await runOf(options, context);
  const { id } = run;
  if (id === undefined) throw new RejectedError(`${runText(run)} There is no job to stop yet: try again in a moment.`);
  const before = await lookAtRun(processing, run, { clock, signal: context.signal });
  const seen = { ...run, ...before };
  if (isOpen(seen)) await processing.stop(run.owner, id, context);
  const after = isOpen(seen) ? await lookAtRun(processing, seen, { clock, signal: context.signal }) : before;
  tellOnce(context, await board.know(run.mark, after));
  show(options, context);
  return {
    state: "Done",
    message: isOpen(seen)
      ? `Data Management was asked to stop the job ${id}; WorkflowStatus follows it.`
      : `The job ${id} had ended before: ${runText(seen)}`,
  };
}
