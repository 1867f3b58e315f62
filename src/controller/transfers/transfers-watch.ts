/**
 * The transfers as a watch: they run as long as the controller does, hear of scans from the trigger, and show
 * themselves once a second.
 */
import {
  combineLatest,
  defer,
  filter,
  finalize,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  startWith,
  tap,
  timer,
  withLatestFrom,
} from "rxjs";
import { asSentence, CancelledError, messageOf } from "../../base/errors.ts";
import type { Experiment } from "../experiment.ts";
import type { ScanTags } from "../ports/queue-ledger.ts";
import { TASK_PV_STATES, TRIGGER_STATES } from "../pvs/transfers.ts";
import type { RunContext } from "../run/action.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import { NO_TAGS } from "./scan-path.ts";
import { LedgerFailedError } from "./scan-queue.ts";
import type { TomoScanNews, TomoScanPhase } from "./tomoscan-state.ts";
import { TransferPvs } from "./transfer-pvs.ts";
import { type Hold, type RunningTransfers, Transfers, type TransfersOptions } from "./transfers.ts";
import { TransfersLook } from "./transfers-view.ts";

export interface TransfersWatchOptions extends Omit<TransfersOptions, "say"> {
  /** Told which transfers run, for the commands; undefined when they have ended. */
  readonly onRunning: (transfers: Transfers | undefined) => void;
  /** What TomoScan does, while the switch is on. */
  readonly tomoScan$: (isOn$: Observable<boolean>) => Observable<TomoScanNews>;
}

/** Seconds between two pictures of the transfers. */
const SHOW_SECONDS = 1;

export const watchTransfers =
  (options: TransfersWatchOptions): Watch =>
  (context) =>
    defer(() => {
      const { journal } = context;
      const transfers = new Transfers({ ...options, say: (sentence, severity) => journal.say(sentence, severity) });
      options.onRunning(transfers);
      return merge(
        running$(transfers),
        holds$(context).pipe(tap((hold) => transfers.hold(hold))),
        retries$(context, transfers),
        shown$(context, transfers),
        triggered$(context, options, transfers),
      ).pipe(finalize(() => options.onRunning(undefined)));
    });

/** The transfers run until it is unsubscribed. */
const running$ = (transfers: Transfers): Observable<never> =>
  defer(() => {
    const abort = new AbortController();
    const ended = transfers.run(abort.signal).catch((thrown: unknown) => {
      if (!abort.signal.aborted) throw thrown;
    });
    return from(ended).pipe(
      ignoreElements(),
      finalize(() => abort.abort(new CancelledError("The IOC stops."))),
    );
  });

const holds$ = ({ pvs }: WatchContext): Observable<Hold> =>
  combineLatest([pvs.value$("QueuePaused"), pvs.value$("Testing")]).pipe(
    map(([paused, testing]) => ({ isPaused: paused === 1, isDry: testing === 1 })),
  );

const retries$ = ({ pvs, journal }: WatchContext, transfers: Transfers): Observable<unknown> =>
  pvs.puts$("QueueRetry").pipe(
    filter((put) => put.value !== 0),
    tap((put) => put.absorb()),
    mergeMap(async () => {
      try {
        const count = await transfers.retry();
        const done = count === 1 ? "1 scan is tried again" : `${count} scans are tried again`;
        journal.say(count === undefined ? "There is no queue to retry yet." : `QueueRetry: ${done}.`);
      } catch (thrown) {
        if (!(thrown instanceof LedgerFailedError)) throw thrown;
        journal.say(`QueueRetry: ${asSentence(messageOf(thrown))}`, "MAJOR");
      }
    }),
  );

function shown$({ pvs, experiment$, scheduler }: WatchContext, transfers: Transfers): Observable<unknown> {
  const pictures = new TransferPvs();
  const put: RunContext["publish"] = (name, value) => pvs.put(name, value);
  let look: TransfersLook | undefined;
  let asked = "";
  return timer(0, SHOW_SECONDS * 1000, scheduler).pipe(
    withLatestFrom(experiment$.pipe(startWith(undefined))),
    tap(([, experiment]) => {
      const { running, trouble = "" } = transfers;
      if (running === undefined) {
        look = undefined;
        pictures.showTrouble(put, trouble);
        return;
      }
      look ??= new TransfersLook(running);
      pictures.show(put, look.look(experiment?.name));
      asked = showAsked(put, running, asked);
    }),
  );
}

/** The transfer that a person has asked for. @param before what was shown @returns what is shown */
function showAsked(put: RunContext["publish"], running: RunningTransfers, before: string): string {
  const record = running.asked?.records.at(-1);
  const now = record?.task === undefined ? undefined : running.watch?.now.get(record.task);
  const report = now?.report ?? (record === undefined ? running.asked?.last : undefined);
  const state = report?.state ?? (record === undefined ? "None" : "Unknown");
  const words = now?.message || report?.description || report?.niceStatus || (running.asked?.trouble ?? "");
  const task = record?.task ?? report?.id ?? "";
  const shown = JSON.stringify([state, words, task]);
  if (shown === before) return before;
  put("TaskId", task);
  put("TransferStatus", TASK_PV_STATES.indexOf(state));
  put("NiceStatus", words);
  return shown;
}

const tagsOf = (experiment: Experiment | undefined): ScanTags =>
  experiment === undefined
    ? NO_TAGS
    : {
        exp: experiment.name,
        ym: experiment.yearMonth,
        last: experiment.piLastName,
        gup: experiment.proposalNumber,
      };

/** Scans of TomoScan, each with the experiment that was tagged when it ended. */
function triggered$(
  { pvs, journal, experiment$ }: WatchContext,
  { tomoScan$ }: TransfersWatchOptions,
  transfers: Transfers,
): Observable<unknown> {
  const tags$ = experiment$.pipe(
    map(tagsOf),
    tap((tags) => {
      transfers.tags = tags;
    }),
    startWith(undefined),
  );
  const isOn$ = pvs.value$("TomoScanTrigger").pipe(map((value) => value === 1));
  return tomoScan$(isOn$).pipe(
    withLatestFrom(tags$),
    tap(([news, tags]) => {
      if (news.kind === "said") journal.say(news.sentence, news.severity);
      else if (news.kind === "state") {
        pvs.put("TomoScanTriggerState", TRIGGER_INDEX[news.state]);
        pvs.put("TomoScanTriggerMessage", news.message);
      } else {
        const { file, isAborted, isObserved, why = "nobody knows why", copiesTo } = news.end;
        transfers.announce({
          file,
          trigger: "tomoscan",
          ...(!isObserved ? { mayBeOld: true } : tags !== undefined && { tags }),
          ...(isAborted && { aborted: why }),
          ...(copiesTo !== undefined && { copiesTo }),
        });
      }
    }),
  );
}

const TRIGGER_INDEX: Readonly<Record<TomoScanPhase, number>> = {
  off: TRIGGER_STATES.indexOf("Off"),
  disconnected: TRIGGER_STATES.indexOf("Disconnected"),
  idle: TRIGGER_STATES.indexOf("Idle"),
  scanning: TRIGGER_STATES.indexOf("Scanning"),
  closing: TRIGGER_STATES.indexOf("Closing"),
};
