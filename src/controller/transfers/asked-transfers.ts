/** Transfers that a person has asked for: one task each, submitted once, and followed until the next is asked for. */

import { oneLine } from "../../base/clean-text.ts";
import { sleep } from "../../base/clock.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SubmissionRecord } from "../ports/queue-ledger.ts";
import type { TaskReport, TransferTasks } from "../ports/transfer-tasks.ts";
import { Breaker } from "./back-off.ts";
import type { Road } from "./road.ts";
import { verdictOn } from "./verdict.ts";

export interface AskedTransfer {
  readonly sourceCollection: string;
  readonly sourcePath: string;
  readonly destinationCollection: string;
  readonly destinationPath: string;
  /** Behind our own id. */
  readonly label: string;
}

const HOUR_MILLISECONDS = 3_600_000;
/** The destination of their records, which no configured destination can have. */
const ASKED = "";

export class AskedTransfers {
  readonly #road: Road;
  readonly #tasks: TransferTasks;
  readonly #breaker: Breaker;
  /** The newest, as it ended; undefined before. */
  last: TaskReport | undefined;

  constructor(road: Road, tasks: TransferTasks) {
    this.#road = road;
    this.#tasks = tasks;
    this.#breaker = new Breaker(road.random);
  }

  /** Of transfers that have not ended, the oldest first. */
  get records(): readonly SubmissionRecord[] {
    return [...this.#road.queue.submissions.values()].filter(({ destination }) => destination === ASKED);
  }

  ended(report: TaskReport): void {
    this.last = report;
    const how = report.state === "SUCCEEDED" ? "is done" : `failed (${report.fatal?.code ?? report.niceStatus})`;
    this.#road.say(`The transfer ${report.label} ${how}.`, report.state === "SUCCEEDED" ? "NO_ALARM" : "MAJOR");
  }

  /**
   * Submits one. Once it is in the ledger it is submitted, now or later, whatever happens to this call.
   * @returns the task's id
   * @throws what Globus says; UnavailableError: Globus is asked again until it answers
   */
  async submit(asked: AskedTransfer, options: CallOptions): Promise<string> {
    const { clock, site } = this.#road;
    const { sourceCollection, destinationCollection, sourcePath, destinationPath } = asked;
    const owner = await this.#tasks.owner(options);
    const isFolder = (await this.#tasks.typeOf(sourceCollection, sourcePath, options)) === "folder";
    const slash = (path: string): string => (isFolder && !path.endsWith("/") ? `${path}/` : path);
    const submission = {
      id: await this.#tasks.submissionId(options),
      label: oneLine(`${this.#road.newId()} ${asked.label}`).trim().slice(0, 128).trimEnd(),
      sourceCollection,
      destinationCollection,
      items: [{ source: slash(sourcePath), destination: slash(destinationPath), isFolder }],
      deadline: new Date(clock.now() + site.rules.deadlineHours * HOUR_MILLISECONDS).toISOString(),
    };
    const record = { submission, owner, destination: ASKED, scans: [], at: clock.now() };
    await this.#road.change(() => [{ submission: record }]);
    return await this.#post(record, options);
  }

  /** Submits what an earlier process, or a call that was cut short, has left. @throws the signal's reason */
  async run(signal: AbortSignal): Promise<void> {
    const wake = this.#road.wake();
    const { clock } = this.#road;
    for (;;) {
      const record = this.records.find(
        ({ task, submission }) => task === undefined && !this.#posting.has(submission.id),
      );
      const blocked = this.#breaker.waitSeconds(clock.monotonic());
      if (record === undefined) await wake.wait(clock, Infinity, signal);
      else if (blocked > 0) await sleep(clock, blocked, signal);
      else await this.#repeat(record, signal);
    }
  }

  readonly #posting = new Set<string>();

  async #repeat(record: SubmissionRecord, signal: AbortSignal): Promise<void> {
    try {
      const owner = await this.#tasks.owner({ signal });
      if (owner === record.owner) await this.#post(record, { signal });
      else
        this.#breaker.failed(
          this.#road.clock.monotonic(),
          `${record.submission.label} was submitted by ${record.owner}, and the login is ${owner}: log in as ${record.owner}.`,
        );
    } catch (thrown) {
      const { sentence } = verdictOn(thrown, signal);
      this.#breaker.failed(this.#road.clock.monotonic(), sentence);
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
