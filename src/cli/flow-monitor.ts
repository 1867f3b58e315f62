/**
 * `globus-ioc flow monitor`: follows one run until it has ended, and ends as it does. A run that waits for a person has
 * not ended; a service that does not answer is said once, and asked again.
 */
import { sleep } from "../base/clock.ts";
import { asSentence, messageOf } from "../base/errors.ts";
import { facilitySecond } from "../base/facility-time.ts";
import { isJsonObject } from "../base/json-object.ts";
import { FollowedRun, type RunNow } from "../controller/flows/followed-run.ts";
import { isOver, type RunOutcome } from "../controller/flows/run-words.ts";
import { sourceBytes } from "../controller/flows/source-bytes.ts";
import { UnavailableError } from "../controller/ports/call.ts";
import type { RunLogEntry, RunReport } from "../controller/ports/flows.ts";
import type { FlowRunRecord } from "../controller/ports/queue-ledger.ts";
import { UNKNOWN_COUNT } from "../controller/pvs/row.ts";
import { Rate } from "../controller/transfers/rate.ts";
import { amount } from "../controller/transfers/summary-text.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { type FlowWork, runNamed } from "./flow-context.ts";
import { bytesOf, progressLine } from "./flow-progress.ts";
import type { MonitorFlags } from "./flow-request.ts";

/** Seconds between two looks at least: more often than once a second helps nobody. */
const LEAST_SECONDS = 1;

/** Which run, and how often it is looked at. @throws UsageError */
export function monitorAsk({ run, runId, interval }: MonitorFlags, usualSeconds: number): MonitorAsk {
  const given = run ?? runId;
  if (given === undefined)
    throw new UsageError("Which run? Give its id, which globus-ioc flow run has said, or --run-id.");
  if (run !== undefined && runId !== undefined && runNamed(run) !== runNamed(runId))
    throw new UsageError("Two runs are named: give one of them.");
  return { run: runNamed(given), seconds: intervalOf(interval, usualSeconds) };
}

/** @throws UsageError */
export function intervalOf(given: string | undefined, usualSeconds: number): number {
  if (given === undefined) return Math.max(LEAST_SECONDS, usualSeconds);
  const seconds = /^\d{1,6}(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
  if (seconds > 0) return Math.max(LEAST_SECONDS, seconds);
  throw new UsageError(`--interval ${JSON.stringify(given)} is no number of seconds.`);
}

export interface MonitorAsk {
  readonly run: string;
  readonly seconds: number;
  readonly untilInactive?: true;
}

const ENDS: Readonly<Record<RunOutcome, Pick<Ending, "state" | "exitStatus">>> = {
  succeeded: { state: "Done", exitStatus: EXIT.done },
  cancelled: { state: "Cancelled", exitStatus: EXIT.failed },
  failed: { state: "Failed", exitStatus: EXIT.failed },
  ended: { state: "Failed", exitStatus: EXIT.failed },
  waiting: { state: "Waiting", exitStatus: EXIT.partial },
  running: { state: "Failed", exitStatus: EXIT.failed },
  unknown: { state: "Failed", exitStatus: EXIT.failed },
};

export async function monitor(ask: MonitorAsk, work: FlowWork): Promise<Ending> {
  const { screen, clock, signal } = work;
  const watched = new WatchedRun(ask, work);
  try {
    for (;;) {
      const now = await watched.look();
      if (now !== undefined && (isOver(now.report) || (ask.untilInactive && now.words.outcome === "waiting")))
        return {
          ...ENDS[now.words.outcome],
          message: endText(now),
          details: { run: now.report, transfers: now.transfers },
        };
      await sleep(clock, ask.seconds, signal);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    const state = watched.state === undefined ? "it goes on" : `it goes on, and was ${watched.state}`;
    return {
      state: "Cancelled",
      message: `The watching has ended, the run has not: ${state}. \`globus-ioc flow monitor ${ask.run}\` follows it again.`,
      exitStatus: EXIT.interrupted,
    };
  } finally {
    screen.endProgress();
  }
}

function endText({ words, transfers }: RunNow): string {
  if (transfers.length === 0) return words.sentence;
  const bytes = transfers.reduce((sum, { bytesTransferred }) => sum + bytesTransferred, 0);
  const files = transfers.reduce((sum, { filesTransferred }) => sum + filesTransferred, 0);
  const count = files === 1 ? "1 file" : `${files} files`;
  const wereThere = transfers.reduce((sum, { filesSkipped }) => sum + filesSkipped, 0);
  if (files === 0 && wereThere > 0) return `${words.sentence} Everything was there already.`;
  return `${words.sentence} ${amount(bytes)} in ${count} went over.`;
}

/** What is known of the run, and what was said of it. */
class WatchedRun {
  readonly #ask: MonitorAsk;
  readonly #work: FlowWork;
  readonly #rate = new Rate();
  #followed: FollowedRun | undefined;
  #said = "";
  #trouble = "";
  /** Bytes at the source; UNKNOWN_COUNT: nobody knows, or not yet. */
  #total = UNKNOWN_COUNT;

  constructor(ask: MonitorAsk, work: FlowWork) {
    this.#ask = ask;
    this.#work = work;
  }

  /** As Flows spelt it last. */
  get state(): string | undefined {
    return this.#followed?.now(recordOf(this.#work, undefined)).report.said;
  }

  /** @returns undefined where Globus does not answer @throws ActionError where there is nothing to be followed */
  async look(): Promise<RunNow | undefined> {
    try {
      const now = await this.#see();
      if (this.#trouble !== "") this.#say("Globus answers again.");
      this.#trouble = "";
      this.#tell(now);
      return now;
    } catch (thrown) {
      if (!(thrown instanceof UnavailableError)) throw thrown;
      const trouble = asSentence(messageOf(thrown));
      if (this.#trouble === "") this.#work.screen.warn(`${trouble} The run goes on; it is looked at again and again.`);
      this.#trouble = trouble;
      return undefined;
    }
  }

  async #see(): Promise<RunNow> {
    const { flows, tasks, clock, signal } = this.#work;
    const { run } = this.#ask;
    const report = await flows.run(run, { signal });
    const isFirst = this.#followed === undefined;
    const followed = (this.#followed ??= new FollowedRun(report));
    followed.takeReport(report);
    if (followed.wantsLog(clock.monotonic())) {
      const entries = await flows.log(run, { signal }, followed.lastEntry);
      followed.takeLog(entries, clock.monotonic());
      if (isFirst) this.#measure(entries);
    }
    const open = followed.openTasks;
    if (open.length > 0) followed.takeTasks(await tasks.tasks(open, { signal }), clock.monotonic());
    return followed.now(recordOf(this.#work, report));
  }

  #tell(now: RunNow): void {
    const { screen, clock } = this.#work;
    if (now.words.sentence !== this.#said && !isOver(now.report)) this.#say(now.words.sentence);
    this.#said = now.words.sentence;
    this.#rate.add(clock.monotonic(), bytesOf(now));
    screen.live(progressLine(now, this.#rate, this.#total));
  }

  #say(sentence: string): void {
    this.#work.screen.say(`${facilitySecond(new Date(this.#work.clock.now()))}  ${sentence}`);
  }

  /** How much there is to move, for a person to see what is left; what hinders that is no matter. */
  #measure(entries: readonly RunLogEntry[]): void {
    const { tasks, isTerminal, json, signal } = this.#work;
    const input = entries[0]?.details["input"];
    if (!isTerminal || json || !isJsonObject(input)) return;
    const take = (total: number): void => {
      this.#total = total;
    };
    sourceBytes(tasks, input, signal).then(take, () => take(UNKNOWN_COUNT));
  }
}

/** What is followed, as the ledger of an IOC would have it. */
function recordOf({ nameOf }: FlowWork, report: RunReport | undefined): FlowRunRecord {
  const { id = "", flow = "", label = "", tags = [], owner = "", started = 0 } = report ?? {};
  return {
    id,
    flowName: nameOf(flow),
    request: { flow, label, tags, input: {} },
    owner,
    destination: "",
    scans: [],
    at: started,
  };
}
