/** Transfers that a person has asked for: one task each, submitted once, and followed until the next is asked for. */

import { asSentence } from "../../base/errors.ts";
import { AccessDeniedError, type CallOptions } from "../ports/call.ts";
import type { SubmissionRecord } from "../ports/queue-ledger.ts";
import type { TaskReport, TransferTasks } from "../ports/transfer-tasks.ts";
import { Breaker } from "./back-off.ts";
import type { Road } from "./road.ts";
import { ASKED, newSubmission, otherLoginText, titleOf } from "./submissions.ts";
import { verdictOn } from "./verdict.ts";

export interface AskedTransfer {
  readonly sourceCollection: string;
  readonly sourcePath: string;
  readonly destinationCollection: string;
  readonly destinationPath: string;
  /** Behind our own id. */
  readonly label: string;
}

export class AskedTransfers {
  readonly #road: Road;
  readonly #tasks: TransferTasks;
  readonly #breaker: Breaker;
  /** Ids of submissions whose answer is waited for. */
  readonly #posting = new Set<string>();
  /** Ids of tasks that a person has cancelled here. */
  readonly #cancelled = new Set<string>();
  /** The newest, as it ended; undefined before. */
  last: TaskReport | undefined;

  constructor(road: Road, tasks: TransferTasks) {
    this.#road = road;
    this.#tasks = tasks;
    this.#breaker = new Breaker(road.random);
  }

  /** Of transfers that have not ended, the oldest first. */
  get records(): readonly SubmissionRecord[] {
    return this.#road.queue.submissionsTo(ASKED);
  }

  /** Why Globus does not have one of them yet, a sentence; undefined: it has all, or nothing hinders it. */
  get trouble(): string | undefined {
    return this.records.some(({ task }) => task === undefined) ? this.#breaker.trouble : undefined;
  }

  /** @param report undefined: Globus no longer has it @param failure a clause; undefined: it has succeeded */
  ended(record: SubmissionRecord, report: TaskReport | undefined, failure: string | undefined): void {
    this.last = report;
    const title = titleOf(this.#road, record);
    if (failure === undefined) this.#road.say(`${title} is done.`);
    else if (this.#cancelled.delete(record.task ?? "")) this.#road.say(`${title} was cancelled (TransferCancel).`);
    else this.#road.say(`${title} failed: ${failure}.`, "MAJOR");
  }

  /**
   * Submits one. Once it is in the ledger it is submitted, now or later, whatever happens to this call.
   * @returns the task's id
   * @throws what Globus says; UnavailableError: Globus is asked again until it answers
   */
  submit(asked: AskedTransfer, options: CallOptions): Promise<string> {
    return this.#road.step(() => this.#submitOne(asked, options));
  }

  async #submitOne(asked: AskedTransfer, options: CallOptions): Promise<string> {
    const { sourceCollection, destinationCollection, sourcePath, destinationPath } = asked;
    const isFolder = (await this.#tasks.typeOf(sourceCollection, sourcePath, options)) === "folder";
    const slash = (path: string): string => (isFolder && !path.endsWith("/") ? `${path}/` : path);
    const wanted = {
      label: { id: this.#road.newId(), words: asked.label },
      sourceCollection,
      destinationCollection,
      items: [{ source: slash(sourcePath), destination: slash(destinationPath), isFolder }],
      destination: ASKED,
      scans: [],
    };
    const record = await newSubmission(this.#road, this.#tasks, wanted, options);
    await this.#road.change(() => [{ submission: record }]);
    try {
      return await this.#post(record, options);
    } catch (thrown) {
      // Refused as such, which the person is told: it must not be submitted behind the person's back later.
      if (thrown instanceof AccessDeniedError)
        await this.#road.change(() => [{ forgetSubmission: record.submission.id }]);
      throw thrown;
    }
  }

  /** A person wants everything tried at once. */
  hurry(): void {
    this.#breaker.hurry();
  }

  /** @returns false where the task had ended before @throws what Globus says */
  async cancel(task: string, options: CallOptions): Promise<boolean> {
    const wasUnderWay = await this.#tasks.cancel(task, options);
    if (wasUnderWay) this.#cancelled.add(task);
    return wasUnderWay;
  }

  /** Submits what an earlier process, or a call that was cut short, has left. @throws the signal's reason */
  async run(signal: AbortSignal): Promise<void> {
    const wake = this.#road.wake();
    const { clock } = this.#road;
    for (;;) {
      const open = this.records.filter(
        ({ task, submission }) => task === undefined && !this.#posting.has(submission.id),
      );
      const blocked = this.#breaker.waitSeconds(clock.monotonic());
      const [first] = open;
      if (first === undefined) await wake.wait(clock, Infinity, signal);
      else if (blocked > 0) await wake.wait(clock, blocked, signal);
      else await this.#repeat(first, open, signal);
    }
  }

  /** @param first the oldest of those that are open */
  async #repeat(first: SubmissionRecord, open: readonly SubmissionRecord[], signal: AbortSignal): Promise<void> {
    try {
      const owner = await this.#tasks.owner({ signal });
      const own = open.find((record) => record.owner === owner);
      if (own !== undefined) await this.#post(own, { signal });
      else this.#breaker.failed(this.#road.clock.monotonic(), asSentence(otherLoginText(first, owner)));
    } catch (thrown) {
      const verdict = verdictOn(thrown, signal);
      this.#road.logBug(verdict, thrown);
      this.#breaker.failed(this.#road.clock.monotonic(), verdict.sentence, verdict.afterSeconds);
    }
  }

  async #post(record: SubmissionRecord, options: CallOptions): Promise<string> {
    const { id } = record.submission;
    this.#posting.add(id);
    try {
      const task = await this.#tasks.submit(record.submission, options);
      this.#breaker.works();
      await this.#road.change(() => [{ submission: { ...record, task } }]);
      return task;
    } catch (thrown) {
      const verdict = verdictOn(thrown, options.signal ?? NEVER);
      if (verdict.about === "scan") await this.#road.change(() => [{ forgetSubmission: id }]);
      throw thrown;
    } finally {
      this.#posting.delete(id);
      this.#road.wakeAll();
    }
  }
}

const NEVER = new AbortController().signal;
