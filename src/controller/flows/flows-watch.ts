/**
 * Runs of flows as a watch: the last run that was asked for is shown once a second, and the question that it waits with
 * is fetched and shown. The runs themselves go on without it (flow-runs.ts).
 */
import { defer, finalize, from, ignoreElements, merge, type Observable, of, tap, timer } from "rxjs";
import { type Clock, sleep } from "../../base/clock.ts";
import { ActionError, asSentence, CancelledError, messageOf } from "../../base/errors.ts";
import type { Question } from "../ports/flows.ts";
import { FLOW_PV_STATES } from "../pvs/flows.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import type { FindTransfers } from "../transfers/transfer-run.ts";
import type { AskedRunNow } from "./flow-runs.ts";
import type { FlowSite } from "./flow-site.ts";
import { QuestionBoard } from "./question-board.ts";
import { RunPvs, type RunsView } from "./run-pvs.ts";
import { isOver } from "./run-words.ts";
import { sourceBytes } from "./source-bytes.ts";

export interface FlowsWatchOptions {
  readonly site: FlowSite;
  readonly find: FindTransfers;
  readonly clock: Clock;
  /** Told where questions are shown, and what shows the run as it is at that moment, for the commands. */
  readonly onBoard: (board: QuestionBoard, showRun: () => void) => void;
}

/** Seconds between two pictures of the run. */
const SHOW_SECONDS = 1;

export const watchRuns =
  (options: FlowsWatchOptions): Watch =>
  (context) =>
    defer(() => {
      const board = new QuestionBoard(context.pvs);
      const total = new SourceTotal();
      const show = shower(options, context, total);
      options.onBoard(board, show);
      return merge(
        timer(0, SHOW_SECONDS * 1000, context.scheduler).pipe(tap(show)),
        work$((signal) => followQuestions(options, { board, show }, signal)),
        work$((signal) => followTotal(options, total, signal)),
      );
    });

/** Where Globus is off. @param sentence says so */
export const withoutFlows =
  (sentence: string): Watch =>
  ({ pvs, clock }) =>
    defer(() => {
      new QuestionBoard(pvs).show(undefined);
      pvs.put("FlowMessage", sentence);
      pvs.put("FlowState", FLOW_PV_STATES.indexOf("Off"));
      new RunPvs().show((name, value) => pvs.put(name, value), { kind: "none" }, clock.monotonic());
      return of();
    });

/** @returns shows the run as it is now */
function shower({ find, clock }: FlowsWatchOptions, { pvs }: WatchContext, total: SourceTotal): () => void {
  const pictures = new RunPvs();
  return () => pictures.show((name, value) => pvs.put(name, value), viewOf(find, total), clock.monotonic());
}

function viewOf(find: FindTransfers, total: SourceTotal): RunsView {
  const found = find();
  if (typeof found === "string") return { kind: "unknown", trouble: asSentence(found) };
  const asked = found.runs?.asked;
  return asked === undefined ? { kind: "none" } : { kind: "run", asked, bytesTotal: total.of(asked) };
}

/** Goes on until it is unsubscribed. */
const work$ = (work: (signal: AbortSignal) => Promise<never>): Observable<never> =>
  defer(() => {
    const abort = new AbortController();
    const ended = work(abort.signal).catch((thrown: unknown) => {
      if (!abort.signal.aborted) throw thrown;
    });
    return from(ended).pipe(
      ignoreElements(),
      finalize(() => abort.abort(new CancelledError("The IOC stops."))),
    );
  });

/** Bytes of the source of the last run. */
class SourceTotal {
  #id = "";
  #bytes = UNKNOWN_COUNT;

  of({ record }: AskedRunNow): number {
    return record.id === this.#id ? this.#bytes : UNKNOWN_COUNT;
  }
  isOf = ({ record }: AskedRunNow): boolean => record.id === this.#id;
  set({ record }: AskedRunNow, bytes: number): void {
    this.#id = record.id;
    this.#bytes = bytes;
  }
}

/** Looks at the source of each run once, beside everything else. */
async function followTotal(
  { site, find, clock }: FlowsWatchOptions,
  total: SourceTotal,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    const found = find();
    const asked = typeof found === "string" ? undefined : found.runs?.asked;
    if (asked !== undefined && !total.isOf(asked))
      total.set(asked, await sourceBytes(site.tasks, asked.record.request.input, signal));
    await sleep(clock, SHOW_SECONDS, signal);
  }
}

async function followQuestions(
  { site, find, clock }: FlowsWatchOptions,
  { board, show }: { readonly board: QuestionBoard; readonly show: () => void },
  signal: AbortSignal,
): Promise<never> {
  const ask = (question: Question): void => {
    show(); // whoever waits for the question reads the run as it is with it
    board.show(question);
  };
  for (;;) {
    const found = find();
    const asked = typeof found === "string" ? undefined : found.runs?.asked;
    const id = asked === undefined ? undefined : questionOf(asked);
    const isKnown = typeof found !== "string" && (asked === undefined || asked.now !== undefined);
    if (id === undefined) {
      if (isKnown) board.show(undefined);
      await sleep(clock, SHOW_SECONDS, signal);
      continue;
    }
    try {
      const question = await site.flows.question(id, { signal });
      if (isOpen(question, clock.now())) ask(question);
      else board.show(undefined);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof ActionError)) throw thrown;
      if (board.question?.id !== id) ask(unseen(id, asked?.record.run ?? "", asSentence(messageOf(thrown))));
    }
    await sleep(clock, site.pollSeconds, signal);
  }
}

/** The question that a run waits with; undefined: none. */
const questionOf = ({ now }: AskedRunNow): string | undefined =>
  now === undefined || isOver(now.report) ? undefined : now.report.question;

const isOpen = ({ state, expires }: Question, now: number): boolean =>
  state !== "closed" && (expires === undefined || expires > now);

/** Stands in for a question that cannot be seen. */
const unseen = (id: string, run: string, why: string): Question => ({
  id,
  run,
  state: "unknown",
  title: "The run asks a question that cannot be shown",
  text: why,
  options: [],
});
