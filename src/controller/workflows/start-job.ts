/**
 * Starts a job so that it is not started twice unawares: the request carries a mark of ours, which comes back with the
 * job, and where no answer comes the list of jobs is looked through for it (docs/what-happens-once.md).
 */
import { type Clock, sleep } from "../../base/clock.ts";
import { UnavailableError } from "../ports/call.ts";
import type { AskedJob, Processing, ProcessingJob } from "../ports/workflows.ts";
import { LOOKS_SECONDS } from "../run/late-looks.ts";

/** The job, or: none: the list of jobs does not have it. unknown: nobody can say. */
export type FoundJob = ProcessingJob | "none" | "unknown";

/** Jobs that a list has at most; in one that is full others may be missing. */
const MOST_JOBS = 5000;
/** Jobs of which a list tells no arguments, so that each is asked for: the newest, at most. */
const MOST_LOOKS = 25;
/** The service's clock may be that much behind. */
const CLOCK_MILLISECONDS = 600_000;

export interface SearchOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Looks for the job of a start whose answer did not come, up to 30 s from that start on.
 * @throws ActionError where the service does not answer; the signal's reason
 */
export async function findJob(processing: Processing, run: AskedJob, options: SearchOptions): Promise<FoundJob> {
  const { clock, signal } = options;
  for (;;) {
    const found = await searchJobs(processing, run, options);
    if (found !== "early") return found;
    const age = secondsSince(run, clock);
    await sleep(clock, (LOOKS_SECONDS.find((one) => one > age) ?? age) - age, signal);
  }
}

/**
 * Looks once. @returns early: there is no such job, and it is too early to say that none comes
 * @throws as `findJob`
 */
export async function searchJobs(
  processing: Processing,
  run: AskedJob,
  { clock, signal }: SearchOptions,
): Promise<FoundJob | "early"> {
  const call = signal === undefined ? {} : { signal };
  const jobs = await processing.jobs(run.owner, MOST_JOBS, call);
  const marked = jobs.find(({ mark }) => mark === run.mark);
  if (marked !== undefined) return marked;
  const silent = jobs.filter((job) => mayBe(job, run)).toSorted((a, b) => (b.submitted ?? 0) - (a.submitted ?? 0));
  for (const { id } of silent.slice(0, MOST_LOOKS)) {
    const job = await processing.job(run.owner, id, call);
    if (job.mark === run.mark) return job;
  }
  if (secondsSince(run, clock) < LOOKS_SECONDS[1]) return "early";
  return jobs.length >= MOST_JOBS || silent.length > MOST_LOOKS ? "unknown" : "none";
}

/** A clock that was set back counts as late: nobody waits for it. */
function secondsSince({ since }: AskedJob, clock: Clock): number {
  const seconds = (clock.now() - since) / 1000;
  return seconds < 0 ? Infinity : seconds;
}

/** Whether a job of which no mark is told may be the one that is looked for. */
const mayBe = ({ mark, stages, workflow, submitted }: ProcessingJob, run: AskedJob): boolean =>
  mark === undefined &&
  stages.length === 0 &&
  (workflow === "" || workflow === run.workflow) &&
  (submitted === undefined || submitted >= run.since - CLOCK_MILLISECONDS);

/** Whether the service may have begun a job all the same. */
export const mayHaveBegun = (thrown: unknown): boolean => thrown instanceof UnavailableError && thrown.mayHaveHappened;
