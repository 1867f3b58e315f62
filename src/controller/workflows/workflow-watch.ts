/**
 * The watch over the jobs of workflows: looks at those that have not ended, those of the process before too, shows the
 * newest and tells of each end. Starts and stops nothing.
 */
import { defer, map, merge, startWith, tap } from "rxjs";
import type { Clock } from "../../base/clock.ts";
import { asSentence, clauseOf } from "../../base/errors.ts";
import { REFUSED_SECONDS } from "../daq/daq-sources.ts";
import { AccessDeniedError, OffError } from "../ports/call.ts";
import type { Processing } from "../ports/workflows.ts";
import { type Look, pollWatch } from "../run/poll-watch.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import { type FollowedJob, isOpen, type JobBoard, type JobNews } from "./job-board.ts";
import { lookAtRun } from "./job-look.ts";
import { hasEndedWell, isOver, stateOf } from "./job-words.ts";
import { runText, showJobs } from "./workflow-pvs.ts";

export interface WorkflowWatchOptions {
  readonly processing: Processing;
  readonly board: JobBoard;
  readonly clock: Clock;
  /** Seconds between two looks at the jobs that have not ended. */
  readonly pollSeconds: number;
}

/** Seconds until a service is asked again that did not answer, at least. */
const TROUBLE_SECONDS = 10;

export const watchWorkflows =
  (options: WorkflowWatchOptions): Watch =>
  (context) =>
    defer(() => {
      const { board } = options;
      const { journal } = context;
      const problem = board.recall();
      if (problem !== undefined) journal.say(problem, "MAJOR");
      const looks = new WorkflowLooks(options, context);
      return merge(
        context.experiment$.pipe(
          tap((experiment) => {
            board.experiment = experiment;
          }),
        ),
        pollWatch(context, {
          followed$: board.asked$.pipe(
            startWith(undefined),
            map(() => undefined),
          ),
          makers: ["WorkflowRun", "WorkflowMonitor", "WorkflowCancel"],
          begin: () => {
            looks.show();
            return board.jobs.some(isOpen) ? looks : undefined;
          },
          reason: "There is a newer look at the jobs of workflows.",
        }),
      );
    });

type SeenJobs = readonly (readonly [run: FollowedJob, news: JobNews])[];

class WorkflowLooks implements Look<SeenJobs> {
  readonly #options: WorkflowWatchOptions;
  readonly #context: WatchContext;
  /** Why the service did not tell at the last look. */
  #trouble: unknown;
  /** What was said last of a disk that fails. */
  #said: string | undefined;

  constructor(options: WorkflowWatchOptions, context: WatchContext) {
    this.#options = options;
    this.#context = context;
  }
  get waitSeconds(): number | undefined {
    const { board, pollSeconds } = this.#options;
    if (!board.jobs.some(isOpen) || this.#trouble instanceof OffError) return undefined;
    if (this.#trouble instanceof AccessDeniedError) return REFUSED_SECONDS;
    return this.#trouble === undefined ? pollSeconds : Math.max(pollSeconds, TROUBLE_SECONDS);
  }
  async look(signal: AbortSignal): Promise<SeenJobs> {
    const { processing, board, clock } = this.#options;
    const seen: [FollowedJob, JobNews][] = [];
    for (const run of board.jobs.filter(isOpen)) {
      seen.push([run, await lookAtRun(processing, run, { clock, signal })]);
      signal.throwIfAborted();
    }
    return seen;
  }
  seen(all: SeenJobs): void {
    const { journal } = this.#context;
    if (this.#trouble !== undefined) journal.say("Data Management tells of its jobs again.");
    this.#trouble = undefined;
    for (const [before, news] of all) this.#take(before, news);
    this.show();
  }
  failed(thrown: unknown): void {
    const { journal } = this.#context;
    if (this.#trouble === undefined)
      journal.say(asSentence(`The jobs of workflows cannot be seen: ${clauseOf(thrown)}`), "MINOR");
    this.#trouble = thrown;
    this.show();
  }
  show(): void {
    const { board, clock } = this.#options;
    const { pvs } = this.#context;
    const trouble = this.#trouble === undefined ? {} : { trouble: this.#trouble };
    showJobs((name, value) => pvs.put(name, value), board, { now: clock.now(), ...trouble });
  }
  #take({ mark, id }: FollowedJob, news: JobNews): void {
    const { board } = this.#options;
    const { journal } = this.#context;
    const run = board.of(mark);
    if (run === undefined) return;
    const after = { ...run, ...news };
    if (run.isOver === true) {
      // Of the process before, which has told of it: the PVs show it again, as long as there is something to show.
      void (news.job === undefined ? board.forget(mark) : board.know(mark, news));
      return;
    }
    if (id === undefined && news.id !== undefined)
      journal.say(`The job ${news.id} of the workflow ${run.workflow} was found, whose start had no answer.`);
    if (!isOpen(after)) journal.say(runText(after), severityOf(after));
    board.know(mark, news).then(
      (problem) => this.#tell(problem),
      (thrown: unknown) => this.#tell(asSentence(clauseOf(thrown))),
    );
  }
  #tell(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#said) this.#context.journal.say(problem, "MINOR");
    this.#said = problem;
  }
}

function severityOf({ job, lost }: FollowedJob): "MINOR" | "MAJOR" | undefined {
  if (lost !== undefined) return lost === "never" ? "MINOR" : "MAJOR";
  if (job === undefined || !isOver(job) || hasEndedWell(job)) return undefined;
  return stateOf(job) === "Aborted" ? "MINOR" : "MAJOR";
}
