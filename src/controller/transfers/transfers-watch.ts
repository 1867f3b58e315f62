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
  shareReplay,
  startWith,
  tap,
  timer,
  withLatestFrom,
} from "rxjs";
import { asSentence, CancelledError, messageOf } from "../../base/errors.ts";
import type { Experiment } from "../experiment.ts";
import type { ScanTags } from "../ports/queue-ledger.ts";
import { TASK_PV_STATES } from "../pvs/transfers.ts";
import { enablePv, MOST_TRIGGERS, TRIGGER_STATES, triggerPv } from "../pvs/triggers.ts";
import type { RunContext } from "../run/action.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import { StepPvs } from "../steps/steps-view.ts";
import type { AnnouncedScan } from "./announced-scan.ts";
import { troubledOf } from "./hold.ts";
import { NO_TAGS } from "./scan-path.ts";
import { LedgerFailedError } from "./scan-queue.ts";
import { retriedText } from "./scan-state.ts";
import { TransferPvs } from "./transfer-pvs.ts";
import { type Hold, type RunningTransfers, Transfers, type TransfersOptions } from "./transfers.ts";
import { TransfersLook } from "./transfers-view.ts";
import type { TriggerNews, TriggerRow } from "./triggers/trigger.ts";

export interface TransfersWatchOptions extends Omit<TransfersOptions, "say"> {
  /** Told which transfers run, for the commands; undefined when they have ended. */
  readonly onRunning: (transfers: Transfers | undefined) => void;
  /** In the order of their PVs. */
  readonly triggers: readonly TriggerRow[];
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
        const troubled = transfers.running === undefined ? [] : troubledOf(transfers.running);
        const count = await transfers.retry();
        const done = count === undefined ? "There is no queue yet" : retriedText(count, troubled);
        journal.say(`QueueRetry: ${done}.`);
      } catch (thrown) {
        if (!(thrown instanceof LedgerFailedError)) throw thrown;
        journal.say(`QueueRetry: ${asSentence(messageOf(thrown))}`, "MAJOR");
      }
    }),
  );

function shown$({ pvs, experiment$, scheduler }: WatchContext, transfers: Transfers): Observable<unknown> {
  const pictures = new TransferPvs();
  const steps = new StepPvs();
  const put: RunContext["publish"] = (name, value) => pvs.put(name, value);
  let look: TransfersLook | undefined;
  let asked = "";
  return timer(0, SHOW_SECONDS * 1000, scheduler).pipe(
    withLatestFrom(experiment$.pipe(startWith(undefined))),
    tap(([, experiment]) => {
      const { running, trouble = "" } = transfers;
      steps.show(put, running);
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

/** Scans of all triggers, each with the experiment that was tagged when it ended. */
function triggered$(
  context: WatchContext,
  { triggers }: TransfersWatchOptions,
  transfers: Transfers,
): Observable<unknown> {
  const { pvs, experiment$ } = context;
  const tags$ = experiment$.pipe(
    map(tagsOf),
    tap((tags) => {
      transfers.tags = tags;
    }),
    startWith(undefined),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  for (let index = triggers.length; index < MOST_TRIGGERS; index++)
    pvs.put(triggerPv(index, "State"), TRIGGER_STATES.indexOf("None"));
  return merge(
    tags$,
    ...triggers.map((trigger, index) => {
      const board = new TriggerBoard(context, trigger, index);
      return trigger.news$(board.isOn$, context).pipe(
        withLatestFrom(tags$),
        tap(([news, tags]) => {
          board.show(news);
          if (news.kind === "scan") transfers.announce(announced(news.scan, trigger, tags));
        }),
      );
    }),
  );
}

const announced = (
  scan: Omit<AnnouncedScan, "trigger" | "destinations">,
  { name, destinations }: TriggerRow,
  tags: ScanTags | undefined,
): AnnouncedScan => ({
  ...(tags !== undefined && scan.mayBeOld !== true && { tags }),
  ...scan,
  trigger: name,
  ...(destinations !== undefined && { destinations }),
});

/** The PVs of one trigger. */
class TriggerBoard {
  readonly #context: WatchContext;
  readonly #index: number;
  #scans = 0;

  constructor(context: WatchContext, { name }: TriggerRow, index: number) {
    this.#context = context;
    this.#index = index;
    context.pvs.put(triggerPv(index, "Name"), name);
    context.pvs.put(triggerPv(index, "Scans"), 0);
  }

  get isOn$(): Observable<boolean> {
    return this.#context.pvs.value$(enablePv(this.#index)).pipe(map((value) => value === 1));
  }

  show(news: TriggerNews): void {
    const { pvs, journal } = this.#context;
    if (news.kind === "said") journal.say(news.sentence, news.severity);
    else if (news.kind === "scan") pvs.put(triggerPv(this.#index, "Scans"), ++this.#scans);
    else {
      pvs.put(triggerPv(this.#index, "State"), TRIGGER_STATES.indexOf(news.state));
      pvs.put(triggerPv(this.#index, "Message"), news.message);
    }
  }
}
