/** `globus-ioc workflow list | show | save | jobs | status | cancel`: what a person asks of workflows and jobs. */
import { cleanJson, oneLine } from "../base/clean-text.ts";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { AlreadyExistsError, NotFoundError } from "../controller/ports/call.ts";
import type { ProcessingJob } from "../controller/ports/workflows.ts";
import { argsOf } from "../controller/workflows/job-args.ts";
import { hasEndedWell, isOver, jobText } from "../controller/workflows/job-words.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import type { WorkflowWork } from "./workflow-context.ts";
import { jobParts, jobTable, workflowParts, workflowTable } from "./workflow-text.ts";

/** Jobs of which the list is made; more has no service in one answer. */
const MOST_JOBS = 5000;
const SHOWN_JOBS = 20;

const done = (message: string, details: Readonly<Record<string, unknown>>): Ending => ({
  state: "Done",
  message,
  exitStatus: EXIT.done,
  details,
});

export async function listWorkflows({ processing, owner, out, signal }: WorkflowWork & Out): Promise<Ending> {
  const of = await owner();
  const workflows = await processing.workflows(of, { signal });
  if (workflows.length > 0) out(`${workflowTable(workflows)}\n`);
  const count = workflows.length === 1 ? "1 workflow" : `${workflows.length} workflows`;
  return done(`${of} has ${count}.`, { workflows });
}

/** Writes text where people read it; nowhere with --json. */
export interface Out {
  readonly out: (text: string) => void;
}

export async function showWorkflow(name: string, work: WorkflowWork): Promise<Ending> {
  const { processing, owner, screen, signal } = work;
  const of = await owner();
  const workflow = await processing.workflow(of, name, { signal }).catch((thrown: unknown) => {
    if (!(thrown instanceof NotFoundError)) throw thrown;
    throw new ActionError(
      `${of} has no workflow ${oneLine(name)}: globus-ioc workflow list shows those that there are`,
    );
  });
  if (!work.json) for (const [title, text] of workflowParts(workflow)) screen.show(title, text);
  return done(`The workflow ${oneLine(workflow.name)} of ${of} has ${workflow.stages.length} stages.`, { workflow });
}

export async function saveWorkflow(file: string, replace: boolean, work: WorkflowWork): Promise<Ending> {
  const { processing, signal } = work;
  const spec = specOf(await fileText(file), file);
  if (replace) {
    const workflow = await processing.updateWorkflow(spec, { signal });
    return done(`The workflow ${oneLine(workflow.name)} of ${workflow.owner} was replaced.`, { workflow });
  }
  try {
    const workflow = await processing.addWorkflow(spec, { signal });
    return done(`The workflow ${oneLine(workflow.name)} of ${workflow.owner} was added.`, { workflow });
  } catch (thrown) {
    if (!(thrown instanceof AlreadyExistsError)) throw thrown;
    throw new UsageError(`There is such a workflow (${messageOf(thrown)}): say --replace to replace it.`);
  }
}

async function fileText(file: string): Promise<string> {
  try {
    return (await readRegularFile(file)).toString("utf8");
  } catch (thrown) {
    const why = codeOf(thrown) === "ENOENT" ? "does not exist" : `cannot be read: ${messageOf(thrown, file)}`;
    throw new UsageError(`${file} ${why}.`);
  }
}

/** @throws UsageError */
function specOf(text: string, file: string): Readonly<Record<string, unknown>> {
  const spec = argsOf(text);
  const lacking = ["name", "owner", "stages"].filter((key) => spec?.[key] === undefined);
  if (spec !== undefined && lacking.length === 0) return spec;
  throw new UsageError(
    spec === undefined
      ? `${file} is no JSON object: write it as {"name": "recon", "owner": "user2bm", "stages": {"01-START": {"command": "/bin/echo $filePath"}}}.`
      : `${file} has no ${lacking.join(", ")}.`,
  );
}

export async function listJobs(
  { last, active }: { readonly last?: string; readonly active?: true },
  { processing, owner, out, signal }: WorkflowWork & Out,
): Promise<Ending> {
  const most = numberOf(last, SHOWN_JOBS, "--last");
  const of = await owner();
  const all = await processing.jobs(of, MOST_JOBS, { signal });
  const wanted = all
    .filter((job) => active !== true || !isOver(job))
    .toSorted((a, b) => (a.submitted ?? a.started ?? 0) - (b.submitted ?? b.started ?? 0));
  const jobs = wanted.slice(-most);
  if (jobs.length > 0) out(`${jobTable(jobs)}\n`);
  const what = active === true ? " that have not ended" : "";
  const shown = jobs.length === wanted.length ? "" : `; the newest ${jobs.length} are shown`;
  return done(`${of} has ${wanted.length} jobs${what}${shown}.`, { jobs });
}

/** @throws UsageError */
export function numberOf(given: string | undefined, usual: number, flag: string): number {
  if (given === undefined) return usual;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new UsageError(`${flag} ${cleanJson(given)} is no whole number from 1 to 9999999.`);
}

/** Ends as the job stands: well, not well, or under way. */
function endingOfJob(job: ProcessingJob): Ending {
  const details = { job };
  const message = jobText(job);
  if (!isOver(job)) return { state: "Running", message, exitStatus: EXIT.partial, details };
  return hasEndedWell(job) ? done(message, details) : { state: "Failed", message, exitStatus: EXIT.failed, details };
}

export async function jobStatus(id: string, work: WorkflowWork): Promise<Ending> {
  const { processing, owner, screen, signal, json } = work;
  const job = await processing.job(await owner(), id, { signal });
  if (!json) for (const [title, text] of jobParts(job)) screen.show(title, text);
  return endingOfJob(job);
}

export async function cancelJob(id: string, { processing, owner, signal }: WorkflowWork): Promise<Ending> {
  const of = await owner();
  const before = await processing.job(of, id, { signal });
  if (isOver(before)) return done(`The job had ended before: ${jobText(before)}`, { job: before });
  await processing.stop(of, id, { signal });
  const job = await processing.job(of, id, { signal });
  return done(`Data Management was asked to stop the job: ${jobText(job)}`, { job });
}
