/**
 * The jobs that an IOC follows: those that it has asked for and that have not ended, and the newest, which the PVs
 * show. What is asked for is on disk before the service is asked, so that the next process follows it on. It asks
 * nobody.
 */
import { type Observable, Subject } from "rxjs";
import { asSentence, messageOf } from "../../base/errors.ts";
import type { Experiment } from "../experiment.ts";
import type { AskedJob, JobMemory, ProcessingJob } from "../ports/workflows.ts";
import { serviceFailure } from "../run/failure.ts";
import { isOver } from "./job-words.ts";

/** One job that was asked for, as it is known. */
export interface FollowedJob extends AskedJob {
  /** As it was seen last. */
  readonly job?: ProcessingJob;
  /**
   * Nothing more comes of it, as no job tells. never: no job came of it. unclear: nobody can say whether one did. gone:
   * the service has forgotten the job.
   */
  readonly lost?: "never" | "unclear" | "gone";
  /** Looks in a row that the service answered with: there is no such job. */
  readonly missed?: number;
}
export type JobNews = Partial<Pick<FollowedJob, "id" | "job" | "lost" | "missed">>;

/** Jobs that are followed at once; the oldest go. */
const MOST_JOBS = 100;

export const isOpen = ({ job, lost }: FollowedJob): boolean =>
  lost === undefined && (job === undefined || !isOver(job));

/** Each change is on disk when its promise resolves. A disk that fails keeps nobody from running a workflow. */
export class JobBoard {
  readonly #memory: JobMemory;
  readonly #asked = new Subject<void>();
  #jobs: readonly FollowedJob[] = [];
  #isRecalled = false;
  /** What the PVs showed until a start was asked for. */
  #before: { readonly mark: string; readonly shown: FollowedJob | undefined } | undefined;
  /** The experiment that is tagged now, as the watch has heard. */
  experiment: Experiment | undefined;

  constructor(memory: JobMemory) {
    this.#memory = memory;
  }
  /** Something more is to be followed. */
  get asked$(): Observable<void> {
    return this.#asked;
  }
  /** The oldest first; the last is the one that the PVs show. */
  get jobs(): readonly FollowedJob[] {
    return this.#jobs;
  }
  get newest(): FollowedJob | undefined {
    return this.#jobs.at(-1);
  }
  of(mark: string): FollowedJob | undefined {
    return this.#jobs.find((one) => one.mark === mark);
  }
  /** Takes up what the last process left, once. @returns a sentence where that is not known */
  recall(): string | undefined {
    if (this.#isRecalled) return undefined;
    this.#isRecalled = true;
    const { jobs, problem } = this.#memory.left();
    this.#jobs = [...jobs, ...this.#jobs];
    return problem;
  }
  /** Puts one down, behind all others. @returns a sentence where it is not on disk */
  async ask(asked: AskedJob): Promise<string | undefined> {
    this.recall();
    this.#before = { mark: asked.mark, shown: this.newest };
    const others = this.#jobs.filter((one) => one.mark !== asked.mark && one.isOver !== true).slice(1 - MOST_JOBS);
    const problem = await this.#keep([...others, asked]);
    this.#asked.next();
    return problem;
  }
  /** Takes one away that was surely not begun; the job before it is shown again. */
  forget(mark: string): Promise<string | undefined> {
    const others = this.#jobs.filter((one) => one.mark !== mark);
    const shown = this.#before?.mark === mark ? this.#before.shown : undefined;
    const isMissing = shown !== undefined && !isOpen(shown) && this.of(shown.mark) === undefined;
    return this.#keep(isMissing ? [...others, shown] : others);
  }
  /** What is known of one now. */
  know(mark: string, news: JobNews): Promise<string | undefined> {
    return this.#keep(this.#jobs.map((one) => (one.mark === mark ? { ...one, ...news } : one)));
  }
  /** What has ended is told no more, but for the newest. */
  async #keep(jobs: readonly FollowedJob[]): Promise<string | undefined> {
    const before = JSON.stringify(this.#jobs.map(askedOf));
    this.#jobs = jobs.filter((one, index) => isOpen(one) || index === jobs.length - 1);
    const kept = this.#jobs.map(askedOf);
    if (JSON.stringify(kept) === before) return undefined;
    try {
      await this.#memory.keep(kept);
      return undefined;
    } catch (thrown) {
      return asSentence(`The jobs that are followed cannot be remembered: ${messageOf(serviceFailure(thrown))}`);
    }
  }
}

function askedOf(one: FollowedJob): AskedJob {
  const { mark, owner, workflow, about, since, id } = one;
  const wasOver = one.isOver === true || !isOpen(one);
  return { mark, owner, workflow, about, since, ...(id !== undefined && { id }), ...(wasOver && { isOver: true }) };
}
