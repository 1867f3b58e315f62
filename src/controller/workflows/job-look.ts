/** One look at a run of a workflow: what the service says of its job now. */
import { NotFoundError } from "../ports/call.ts";
import type { Processing } from "../ports/workflows.ts";
import type { FollowedJob, JobNews } from "./job-board.ts";
import { type SearchOptions, searchJobs } from "./start-job.ts";

/** Looks in a row after which a job that the service does not know counts as gone: a new one may not be listed yet. */
const MOST_MISSED = 3;

/** @throws ActionError where the service does not answer; the signal's reason */
export async function lookAtRun(processing: Processing, run: FollowedJob, options: SearchOptions): Promise<JobNews> {
  const { id } = run;
  if (id === undefined) return await lookForJob(processing, run, options);
  const { signal } = options;
  try {
    return { job: await processing.job(run.owner, id, signal === undefined ? {} : { signal }), missed: 0 };
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) throw thrown;
    const missed = (run.missed ?? 0) + 1;
    return { missed, ...(missed >= MOST_MISSED && { lost: "gone" }) };
  }
}

async function lookForJob(processing: Processing, run: FollowedJob, options: SearchOptions): Promise<JobNews> {
  const found = await searchJobs(processing, run, options);
  if (typeof found === "object") return { id: found.id, job: found };
  if (found === "early") return {};
  return { lost: found === "none" ? "never" : "unclear" };
}
