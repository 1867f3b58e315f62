/**
 * Answers what a person asks of the queue from outside (ports/queue-desk.ts): of transfers that run, or of a ledger
 * that no process has. It decides what scans are meant; what becomes of them is decided in decisions.ts.
 */
import { cleanJson, oneLine, visible } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { ActionError, asSentence, CancelledError, messageOf } from "../../base/errors.ts";
import { globTest } from "../../base/glob.ts";
import { Slices } from "../../base/in-slices.ts";
import { listed } from "../../base/word-list.ts";
import type {
  DeskAnswer,
  DeskEnd,
  DeskRequest,
  QueueDesk,
  ScanFilter,
  ScanRow,
  ShownScan,
} from "../ports/queue-desk.ts";
import type { QueueLedger, ScanRecord } from "../ports/queue-ledger.ts";
import type { HandScan } from "../ports/scan-drops.ts";
import { stepReason } from "../steps/step-text.ts";
import type { AnnouncedScan } from "./announced-scan.ts";
import { scanByHand } from "./by-hand.ts";
import { carriersOf } from "./carriers.ts";
import { decided, dropDecision, retryDecision } from "./decisions.ts";
import { type HoldOf, holdOf, troubledOf } from "./hold.ts";
import { type Reconciled, type ReconcileOptions, reconciledText } from "./reconcile.ts";
import { nameOf } from "./road.ts";
import { baseName, plainPath } from "./scan-path.ts";
import { type QueuedScan, ScanQueue } from "./scan-queue.ts";
import { askedText, retriedText, scanReasonOf, scanStateOf, scansText } from "./scan-state.ts";
import type { RunningTransfers } from "./transfers.ts";
import { Wake } from "./wake.ts";

type Answers = AsyncGenerator<DeskAnswer, void, undefined>;
type Wanted = (scan: ScanRecord) => boolean;

/** A queue at which a person may ask. */
export interface DeskQueue {
  readonly queue: ScanQueue;
  readonly ledger: Pick<QueueLedger, "manifest">;
  readonly isCopied: (scan: string) => boolean;
  readonly holdOf: HoldOf;
  /** Destinations to which nothing goes now. */
  readonly troubled: () => readonly string[];
  /** @returns how many scans it changes @throws LedgerFailedError */
  readonly retry: (wanted: Wanted) => Promise<number>;
  readonly drop: (wanted: Wanted, reason: string) => Promise<number>;
  /** Tells operators. */
  readonly say: (sentence: string) => void;
  /** Absent where nothing runs that would send them. */
  readonly entrance?: Entrance;
  /** Absent for a ledger without an IOC, which has no disk and no destinations. */
  readonly reconcile?: (options: ReconcileOptions) => Promise<Reconciled>;
  readonly clock: Clock;
}

/** Where scans come in that a person names. */
interface Entrance {
  /** The scan that is meant; why it cannot be taken, a clause. */
  readonly read: (scan: HandScan) => AnnouncedScan | string;
  /** @returns false where the ledger took nothing */
  readonly enter: (scan: AnnouncedScan) => Promise<boolean>;
}

/** Scans that are told where a text means several. */
const MOST_MEANT = 20;
/** Files of a scan that are told. */
const MOST_FILES = 1000;
/** Scans that a sentence for operators names. */
const MOST_NAMED = 5;
const GIVEN_UP = "given up with globus-ioc queue drop";

export const runningDesk = (running: RunningTransfers): DeskQueue => ({
  queue: running.road.queue,
  ledger: running.road.site.ledger,
  isCopied: (scan) => running.isCopied(scan),
  holdOf: (send) => holdOf(running, send),
  troubled: () => troubledOf(running),
  retry: (wanted) => running.retry(wanted),
  drop: (wanted, reason) => running.drop(wanted, reason),
  say: (sentence) => running.road.say(sentence),
  entrance: {
    read: (scan) => scanByHand(scan, running.road.site),
    enter: (scan) => running.enter(scan),
  },
  reconcile: (options) => running.reconcile(options),
  clock: running.road.clock,
});

/** For a ledger that no process has: the next IOC finds what was decided. @throws ActionError */
export async function ledgerDesk(ledger: QueueLedger, clock: Clock): Promise<DeskQueue> {
  const queue = await ScanQueue.read(ledger);
  return {
    queue,
    ledger,
    isCopied: () => false,
    holdOf: () => undefined,
    troubled: () => [],
    retry: (wanted) => decided(queue, () => retryDecision(queue, wanted, { at: clock.now() })),
    drop: (wanted, reason) => decided(queue, () => dropDecision(queue, wanted, { reason, at: clock.now() })),
    say: () => {},
    clock,
  };
}

/** @param find the queue, or a sentence where there is none now */
export function createQueueDesk(find: () => DeskQueue | string): QueueDesk {
  return {
    async *answer(request): Answers {
      const found = find();
      if (typeof found === "string") {
        yield ended(false, asSentence(found));
        return;
      }
      try {
        yield* answered(found, request);
      } catch (thrown) {
        if (!(thrown instanceof ActionError || thrown instanceof CancelledError)) throw thrown;
        yield ended(false, asSentence(messageOf(thrown)));
      }
    },
  };
}

const ended = (isDone: boolean, message: string): { readonly end: DeskEnd } => ({ end: { isDone, message } });

function answered(desk: DeskQueue, request: DeskRequest): Answers {
  switch (request.ask) {
    case "list":
      return list(desk, request);
    case "show":
      return show(desk, request);
    case "export":
      return exported(desk);
    case "reconcile":
      return reconciled(desk, request.isEnqueued);
    case "retry":
    case "drop":
      return decide(desk, request);
    case "trigger":
      return trigger(desk, request);
  }
}

async function* list(
  desk: DeskQueue,
  { scans: words, last, ...filter }: DeskRequest & { readonly ask: "list" },
): Answers {
  const meant = words === undefined ? undefined : await meantBy(desk.queue, words);
  if (meant?.problem !== undefined) return yield* problem(desk, meant);
  const all = meant?.scans ?? [...desk.queue.scans.values()];
  const fits = filterOf(filter);
  const slices = new Slices();
  const found: ScanRow[] = [];
  for (const one of all) {
    await slices.rest();
    const row = rowOf(desk, one);
    if (fits(row)) found.push(row);
  }
  const shown = last === undefined ? found : found.slice(Math.max(0, found.length - last));
  for (const row of shown) yield { row };
  yield ended(true, listText(found.length, shown.length));
}

function listText(found: number, shown: number): string {
  if (found === shown) return found === 0 ? "No scan fits." : `${scansText(found)}.`;
  return `The newest ${shown} of ${scansText(found)}.`;
}

function filterOf({ state, experiment, destination, name }: ScanFilter): (row: ScanRow) => boolean {
  const isNamed = name === undefined ? undefined : globTest(name);
  return (row) =>
    (state === undefined || row.state.toLowerCase() === state.toLowerCase()) &&
    (experiment === undefined || row.experiment === experiment) &&
    (destination === undefined || row.destinations.some((one) => one.destination === destination)) &&
    (isNamed === undefined || isNamed(row.name));
}

const rowOf = ({ queue, isCopied, holdOf: hold }: DeskQueue, one: QueuedScan): ScanRow => ({
  id: one.scan.id,
  name: nameOf(one.scan),
  file: one.scan.file,
  state: scanStateOf(one, isCopied(one.scan.id)),
  seen: one.scan.seen,
  experiment: one.scan.tags?.exp ?? "",
  reason: scanReasonOf(one, hold) || stepReason(queue.steps.ofScan(one.scan.id)),
  destinations: [...one.sends.values()].map(({ destination, state }) => ({ destination, state })),
});

async function* show(desk: DeskQueue, { scan: word, files }: DeskRequest & { readonly ask: "show" }): Answers {
  const meant = await meantBy(desk.queue, [word]);
  const [one] = meant.scans;
  if (meant.problem !== undefined || one === undefined) return yield* problem(desk, meant);
  yield { shown: await shownOf(desk, one, Math.min(files, MOST_FILES)) };
  yield ended(true, `${nameOf(one.scan)} is ${rowOf(desk, one).state}.`);
}

async function shownOf(desk: DeskQueue, one: QueuedScan, most: number): Promise<ShownScan> {
  const { scan } = one;
  const submissions = carriersOf(desk.queue, scan.id);
  const steps = desk.queue.steps.ofScan(scan.id);
  const shown = { row: rowOf(desk, one), scan, sends: [...one.sends.values()], submissions, steps };
  if (scan.signature === undefined) return shown;
  try {
    const { files } = await desk.ledger.manifest(scan.id);
    return { ...shown, files: { count: files.length, first: files.slice(0, most) } };
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown;
    return { ...shown, files: asSentence(messageOf(thrown)) };
  }
}

async function* exported({ queue }: DeskQueue): Answers {
  for (const { scan, sends } of queue.scans.values()) {
    yield { record: { scan } };
    for (const send of sends.values()) yield { record: { send } };
    for (const step of queue.steps.ofScan(scan.id)) yield { record: { step } };
  }
  for (const submission of queue.submissions.values()) yield { record: { submission } };
  for (const flowRun of queue.flowRuns.all) yield { record: { flowRun } };
  for (const note of queue.notes.values()) yield { record: { note } };
  if (queue.summary !== undefined) yield { record: { summary: queue.summary } };
  yield ended(true, `${scansText(queue.scans.size)}.`);
}

/** Seconds between two words of how far it is, so that who waits knows that somebody works. */
const WORD_SECONDS = 5;

/** Ends the work where nobody waits for its answer any more. */
async function* reconciled({ reconcile, clock, say }: DeskQueue, isEnqueued: boolean): Answers {
  if (reconcile === undefined)
    return yield ended(false, "Disk and destinations are compared by the IOC, and none runs: start it, and ask again.");
  const left = new AbortController();
  const answers: DeskAnswer[] = [];
  const wake = new Wake();
  let progress = "The scans on the disk are being listed";
  const outcome: { isOver: boolean; sums?: Reconciled; thrown?: unknown } = { isOver: false };
  const add = (answer: DeskAnswer): void => {
    answers.push(answer);
    wake.call();
  };
  const onProgress = (done: number, total: number): void => {
    progress = `${done} of ${total} scans are compared`;
  };
  const work = reconcile({ isEnqueued, signal: left.signal, onLine: (line) => add({ line }), onProgress })
    .then(
      (sums) => Object.assign(outcome, { sums }),
      (thrown: unknown) => Object.assign(outcome, { thrown }),
    )
    .finally(() => {
      outcome.isOver = true;
      wake.call();
    });
  try {
    while (!outcome.isOver) {
      await wake.wait(clock, WORD_SECONDS, left.signal);
      yield* answers.splice(0);
      if (!outcome.isOver) yield { progress };
    }
  } finally {
    left.abort(new CancelledError("Nobody waits for the answer any more."));
    await work;
  }
  yield* answers.splice(0);
  if (outcome.sums === undefined) throw outcome.thrown;
  const message = reconciledText(outcome.sums, isEnqueued);
  if (isEnqueued) say(`globus-ioc queue reconcile: ${message}`);
  yield ended(outcome.sums.unknown === 0, message);
}

async function* decide(
  desk: DeskQueue,
  { ask, scans: words }: DeskRequest & { readonly ask: "retry" | "drop" },
): Answers {
  const isAll = words.length === 0;
  if (isAll && ask === "drop") return yield ended(false, "Say which scans are to be dropped.");
  const meant = await meantBy(desk.queue, words);
  if (meant.problem !== undefined) return yield* problem(desk, meant);
  const ids = new Set(meant.scans.map(({ scan }) => scan.id));
  const wanted: Wanted = ({ id }) => isAll || ids.has(id);
  const troubled = ask === "retry" ? desk.troubled() : [];
  const count = await (ask === "retry" ? desk.retry(wanted) : desk.drop(wanted, GIVEN_UP));
  if (count === 0 && !isAll) return yield unchanged(desk, ask, meant.scans, troubled);
  const left = isAll ? 0 : ids.size - count;
  const what =
    ask === "retry" ? retriedText(count, troubled) : `${scansText(count)} ${count === 1 ? "is" : "are"} given up`;
  const names = isAll || left > 0 ? "" : `: ${namesOf(meant.scans)}`;
  if (count > 0 || troubled.length > 0) desk.say(`globus-ioc queue ${ask}: ${what}${names}.`);
  yield ended(true, left === 0 ? `${what}.` : `${what}; for ${left} there is nothing to ${ask}.`);
}

async function* trigger(desk: DeskQueue, { scans }: DeskRequest & { readonly ask: "trigger" }): Answers {
  const { entrance } = desk;
  if (entrance === undefined) return yield ended(false, "Nothing runs that would send a scan: start the IOC.");
  const read = scans.map((scan) => entrance.read(scan));
  const refused = read.find((one) => typeof one === "string");
  if (refused !== undefined) return yield ended(false, `Nothing was taken: ${refused}.`);
  const meant = eachOnce(read.filter((one) => typeof one !== "string"));
  for (const [index, scan] of meant.entries())
    if (!(await entrance.enter(scan)))
      return yield ended(false, `The ledger takes no scan now: its IOC says why. Taken: ${scansText(index)}.`);
  const what = `${scansText(meant.length)} ${meant.length === 1 ? "is" : "are"} taken`;
  const names = meant.slice(0, MOST_NAMED).map(({ file }) => oneLine(baseName(file)));
  const more = meant.length > MOST_NAMED ? [`${meant.length - MOST_NAMED} more`] : [];
  desk.say(`globus-ioc trigger: ${what}: ${listed([...names, ...more])}.`);
  const inside = scans.find(({ file }) => meant.every((scan) => scan.file !== plainPath(file)));
  const climbed =
    inside === undefined ? "" : ` ${cleanJson(inside.file)} lies in ${listed(names)}: that is sent, whole.`;
  yield ended(
    true,
    `${what}, and sent once at rest; a version that is known already is sent no second time.${climbed}`,
  );
}

const eachOnce = (scans: readonly AnnouncedScan[]): readonly AnnouncedScan[] => [
  ...new Map(scans.map((scan) => [JSON.stringify([scan.file, scan.destinations]), scan])).values(),
];

function unchanged(
  desk: DeskQueue,
  ask: "retry" | "drop",
  scans: readonly QueuedScan[],
  troubled: readonly string[],
): { readonly end: DeskEnd } {
  const states = scans.slice(0, MOST_NAMED).map((one) => `${nameOf(one.scan)} is ${rowOf(desk, one).state}`);
  const more = scans.length > MOST_NAMED ? ` and ${scans.length - MOST_NAMED} more` : "";
  return ended(false, oneLine(`There is nothing to ${ask}: ${listed(states)}${more}${askedText(troubled)}.`));
}

function namesOf(scans: readonly QueuedScan[]): string {
  const names = scans.slice(0, MOST_NAMED).map(({ scan }) => oneLine(nameOf(scan)));
  return scans.length > MOST_NAMED ? `${names.join(", ")} and ${scans.length - MOST_NAMED} more` : listed(names);
}

interface Meant {
  readonly scans: readonly QueuedScan[];
  /** The first text that means no scan, or several. */
  readonly problem?: { readonly word: string; readonly several: readonly QueuedScan[] };
}

/** The scans that texts mean, each scan once. */
async function meantBy({ scans }: ScanQueue, words: readonly string[]): Promise<Meant> {
  const slices = new Slices();
  const byName = new Map<string, QueuedScan[]>();
  for (const one of words.length === 0 ? [] : scans.values()) {
    await slices.rest();
    const { scan } = one;
    for (const name of new Set([scan.file, baseName(scan.file), nameOf(scan)])) {
      const others = byName.get(name);
      if (others === undefined) byName.set(name, [one]);
      else others.push(one);
    }
  }
  const found = new Map<string, QueuedScan>();
  for (const word of words) {
    await slices.rest();
    const exact = scans.get(word);
    const some = exact === undefined ? (byName.get(word.replace(/(?<=.)\/+$/, "")) ?? beginning(scans, word)) : [exact];
    const [one] = some;
    if (one === undefined || some.length > 1) return { scans: [], problem: { word, several: some } };
    found.set(one.scan.id, one);
  }
  return { scans: [...found.values()] };
}

const beginning = (scans: ScanQueue["scans"], word: string): QueuedScan[] =>
  word === "" ? [] : [...scans.values()].filter(({ scan }) => scan.id.startsWith(word));

async function* problem(desk: DeskQueue, { problem: what }: Meant): Answers {
  const { word, several } = what ?? { word: "", several: [] };
  if (several.length === 0)
    return yield ended(false, `There is no scan ${visible(word)} in the queue: globus-ioc queue list has all.`);
  const rows = several.slice(-MOST_MEANT).map((one) => rowOf(desk, one));
  yield { ambiguous: { word, count: several.length, rows } };
  yield ended(false, `${visible(word)} means ${several.length} scans: give the id of one. Nothing was done.`);
}
