/**
 * What `globus-ioc watch` does: scans of a tree that are complete go into the queue, those that were complete before it
 * began too, until it is ended; with --once, until all that one sweep has found is sent.
 */
import { dirname } from "node:path";
import { type Clock, sleep } from "../base/clock.ts";
import { asSentence } from "../base/errors.ts";
import type { ScanTags } from "../controller/ports/queue-ledger.ts";
import type { ScanTrees, Sweep, TreeNews } from "../controller/ports/scan-tree.ts";
import { queueCommand } from "../controller/transfers/remedies.ts";
import { baseName, placeOf } from "../controller/transfers/scan-path.ts";
import { isProven, isUnderWay, needsPerson, type QueuedScan } from "../controller/transfers/scan-queue.ts";
import { scansText, waitReasonOf } from "../controller/transfers/scan-state.ts";
import type { RunningTransfers } from "../controller/transfers/transfers.ts";
import { TransfersLook } from "../controller/transfers/transfers-view.ts";
import { type FinishedScan, FinishedScans } from "../controller/transfers/triggers/finished-scans.ts";
import { planTrees, treeToWatch } from "../controller/transfers/triggers/tree-plan.ts";
import type { TreeTrigger } from "../controller/transfers/triggers/tree-trigger.ts";
import { blindText, sweepTrouble, sweptText, WatchStanding } from "../controller/transfers/triggers/watch-standing.ts";
import type { Ending } from "./ending.ts";
import { EXIT } from "./exit-status.ts";
import type { ForegroundPlan, ForegroundWork } from "./foreground-plan.ts";
import type { Screen } from "./screen.ts";

export interface TreeContext {
  readonly clock: Clock;
  /** Aborted when the command ends. */
  readonly signal: AbortSignal;
  readonly screen: Screen;
  readonly works: (status: string) => void;
  /** Told that it does nothing any more, and will not by itself. */
  readonly stuck: (status: string) => void;
  readonly trees: ScanTrees;
}

type WatchWork = ForegroundWork & { readonly kind: "watch" };

/** Seconds between two looks at what the transfers do. */
const LOOK_SECONDS = 0.5;

/** @returns once all is sent, with --once @throws the signal's reason, ActionError for a tree that cannot be watched */
export async function watchScans(running: RunningTransfers, work: WatchWork, context: TreeContext): Promise<Ending> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const { trigger, sweepSeconds, isOnce } = work;
  // A scan that is lost waits for a marker, or for a person: its files were not there for a day.
  const again = await running.retry(({ state }) => state === "ready");
  if (again > 0) context.screen.say(`${scansText(again)} of an earlier run ${again === 1 ? "is" : "are"} tried again.`);
  const standing = new WatchStanding(trigger.root, sweepSeconds, context.clock.monotonic());
  const watched = follow(
    work,
    { ...context, signal },
    {
      heard: (news) => standing.hear(news, context.clock.monotonic()),
      scan: ({ scan, content }) =>
        running.announce({
          file: scan,
          trigger: trigger.name,
          content,
        }),
    },
  );
  const report = new SweepReport(standing, context);
  const shown = showing(running, trigger.root, { ...context, signal }, () => {
    report.look(context.clock.monotonic());
    return isOnce ? standing.sweep : undefined;
  });
  try {
    return await Promise.race([watched, shown]);
  } finally {
    stop.abort(signal.reason ?? new Error("all is sent"));
    await Promise.allSettled([watched, shown]);
  }
}

/**
 * Says that no sweep ends any more, once, and that sweeps end again; and tells systemd nothing more when the watch does
 * not go on by itself: it has one tree, so that begun anew it loses nothing.
 */
class SweepReport {
  readonly #standing: WatchStanding;
  readonly #context: Pick<TreeContext, "screen" | "works" | "stuck">;
  #isLate = false;
  #isLost = false;

  constructor(standing: WatchStanding, context: Pick<TreeContext, "screen" | "works" | "stuck">) {
    this.#standing = standing;
    this.#context = context;
  }

  look(now: number): void {
    const { screen, works, stuck } = this.#context;
    const { root } = this.#standing;
    const late = this.#standing.overdue(now);
    if (late !== undefined && !this.#isLate) screen.warn(late);
    if (late === undefined && this.#isLate) screen.say(`A sweep of ${root} has ended: the watch goes on.`);
    this.#isLate = late !== undefined;
    const lost = this.#standing.lost(now);
    if (lost !== undefined && !this.#isLost) {
      screen.warn(`${lost}: a systemd that watches this command starts it anew.`);
      stuck(`${lost}.`);
    }
    if (lost === undefined && this.#isLost) works(`${root} is read again.`);
    this.#isLost = lost !== undefined;
  }
}

/**
 * Shows how it goes.
 * @param last the sweep after which nothing more is wanted
 * @returns how it went, when nothing is left
 */
async function showing(
  running: RunningTransfers,
  root: string,
  context: TreeContext,
  last: () => Sweep | undefined,
): Promise<Ending> {
  const { queue } = running.road;
  const look = new TransfersLook(running);
  const faulty = new FaultyScans(running.road.site.rules.settleSeconds);
  for (;;) {
    const { depth, total } = look.look(undefined);
    if (depth > 0 && total.bytesTotal > 0) context.screen.progress(total.bytes, total.bytesTotal, "bytes");
    else context.screen.endProgress();
    const scans = [...queue.scans.values()];
    const sweep = last();
    const waiting = faulty.of(scans, context.clock.monotonic());
    if (sweep !== undefined && running.pending === 0 && !scans.some((one) => isUnderWay(one) && !waiting.has(one)))
      return endOf(scans, [unseenText(root, sweep), faultText([...waiting])], queueCommand("list", running.road.site));
    await sleep(context.clock, LOOK_SECONDS, context.signal);
  }
}

/** Scans that wait because something is wrong with their files, which heals when a person sees to it, or never. */
class FaultyScans {
  readonly #graceSeconds: number;
  readonly #sinceById = new Map<string, { readonly reason: string; readonly since: number }>();

  /** What is wrong in two looks, and some seconds more, does not pass by itself. */
  constructor(settleSeconds: number) {
    this.#graceSeconds = 2 * settleSeconds + 10;
  }

  /** Those with which the same has been wrong for a while. @param now monotonic seconds */
  of(scans: readonly QueuedScan[], now: number): ReadonlySet<QueuedScan> {
    const faulty = scans.filter((one) => {
      const { id, state, reason } = one.scan;
      if (state !== "waiting" || reason === undefined) {
        this.#sinceById.delete(id);
        return false;
      }
      const known = this.#sinceById.get(id);
      if (known?.reason === reason) return now - known.since >= this.#graceSeconds;
      this.#sinceById.set(id, { reason, since: now });
      return false;
    });
    return new Set(faulty);
  }
}

/** A sentence; undefined: there is none. */
function faultText([first, ...others]: readonly QueuedScan[]): string | undefined {
  if (first === undefined) return undefined;
  const more =
    others.length === 0 ? "" : `; and ${scansText(others.length)} more ${others.length === 1 ? "waits" : "wait"}`;
  return `${baseName(first.scan.file)} is not sent: ${waitReasonOf(first.scan).replace(/\.$/, "")}${more}.`;
}

/**
 * @param found what the sweep has not seen, and what waits, a sentence each
 * @param list the command that shows what has failed
 */
function endOf(scans: readonly QueuedScan[], found: readonly (string | undefined)[], list: string): Ending {
  const failed = scans.filter(needsPerson).length;
  const proven = scans.filter(isProven).length;
  const provenText = `${scansText(proven)} ${proven === 1 ? "is" : "are"} proven.`;
  const left = failed === 0 ? undefined : `${scansText(failed)} failed and a person decides (${list}).`;
  const wrong = [...found, left].filter((one) => one !== undefined);
  if (wrong.length === 0) return { state: "Done", message: provenText, exitStatus: EXIT.done };
  const message = [...wrong, ...(proven > 0 ? [provenText] : [])].join(" ");
  return proven > 0
    ? { state: "Partial", message, exitStatus: EXIT.partial }
    : { state: "Failed", message, exitStatus: EXIT.failed };
}

/** Sentences; undefined: the sweep has seen all. */
function unseenText(root: string, sweep: Sweep): string | undefined {
  const trouble = sweepTrouble(root, sweep);
  if (trouble === undefined) return undefined;
  const more = sweep.problems - 1;
  const others = more > 0 ? ` for this and ${more === 1 ? "1 more problem" : `${more} more problems`}` : "";
  return `${asSentence(trouble)} Not all of ${root} was seen${others}.`;
}

interface TreeEvents {
  readonly heard: (news: TreeNews) => void;
  readonly scan: (scan: FinishedScan) => void;
}

/** Tells of each scan that is complete, and what is wrong with the tree. @throws the signal's reason, ActionError */
function follow(
  { trigger, sweepSeconds, canary }: WatchWork,
  context: TreeContext,
  followed: TreeEvents,
): Promise<never> {
  const { screen, works, trees, signal } = context;
  const plan = planTrees([trigger])[0];
  if (plan === undefined) throw new Error("a trigger without a tree");
  const finished = new FinishedScans(plan);
  const told = new Set<string>();
  const once = (sentence: string): void => {
    if (!told.has(sentence)) screen.warn(sentence);
    told.add(sentence);
  };
  const swept = (sweep: Sweep): void => {
    works(sweptText(trigger.root, sweep));
    for (const problem of sweep.examples) once(problem);
    const blind = sweep.problems === 0 ? blindText(trigger.root, sweep) : undefined;
    if (blind !== undefined) once(blind);
  };
  const hear = (news: TreeNews): void => {
    for (const scan of finished.hear(news)) followed.scan(scan);
    if (news.kind === "stray") once(finished.sayStray(news));
    else if (news.kind === "sweep") swept(news.sweep);
    else if (news.kind === "silent" || news.kind === "ended") screen.warn(news.sentence);
    else if (news.kind === "answers" || news.kind === "begun") screen.say(news.sentence);
    followed.heard(news);
  };
  const asked = { periodSeconds: sweepSeconds, ...(canary !== undefined && { canaries: [canary] }) };
  return trees.watch(treeToWatch(plan, asked), hear, signal);
}

/**
 * Says what would be sent, and sends nothing; needs nothing but the tree.
 * @returns what its one sweep has not seen, a sentence; undefined: nothing, or it goes on
 * @throws the signal's reason, ActionError
 */
export async function dryWatch(
  { settings }: ForegroundPlan,
  work: WatchWork,
  context: TreeContext & { readonly tagsOf: (file: string) => ScanTags },
): Promise<string | undefined> {
  let unseen: string | undefined;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const say = (found: FinishedScan): void => {
    const to = settings.destinations.map(({ collection, top, path }) => {
      const tags = context.tagsOf(found.scan);
      const parts = placeOf(path, work.trigger.root, {
        file: found.scan,
        tags,
        manifest: manifestOf(found, work.trigger),
      });
      return `${collection === "" ? "" : `${collection}:`}${[top.replace(/\/$/, ""), ...parts].join("/")}`;
    });
    const where = to.length === 0 ? "" : ` to ${to.join(" and ")}`;
    context.screen.say(
      `Would send ${found.scan} (${found.files} files, ${found.bytes} bytes)${where}, since ${found.why}.`,
    );
  };
  const heard = (news: TreeNews): void => {
    if (!work.isOnce || news.kind !== "sweep") return;
    unseen = unseenText(work.trigger.root, news.sweep);
    stop.abort();
  };
  const { canary: _, ...untouched } = work; // a dry run writes nothing
  await follow(untouched, { ...context, signal }, { scan: say, heard }).catch((thrown: unknown) => {
    if (!stop.signal.aborted) throw thrown;
  });
  return unseen;
}

const manifestOf = ({ scan }: FinishedScan, { pattern }: TreeTrigger) =>
  pattern.isOfFiles ? { folder: dirname(scan), isFolder: false } : { folder: scan, isFolder: true };
