/**
 * `globus-ioc watch`, `transfer` and `transfer-scan`: a queue in this process until what was asked for is proven, or
 * until it is ended. An end in order finishes the step that it is in; the rest is in the ledger, and the same command
 * goes on with it. What is to be done is foreground-plan.ts; the queue is the controller's.
 */

import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import { ActionError, asSentence, CancelledError, messageOf } from "../base/errors.ts";
import { type Log, silentLog } from "../base/log.ts";
import { Troubles } from "../base/troubles.ts";
import type { Settings } from "../config/settings.ts";
import { type Identity, LOGIN_ADVICE } from "../controller/ports/identity.ts";
import type { ScanTags } from "../controller/ports/queue-ledger.ts";
import type { Severity } from "../controller/pvs/run.ts";
import { experimentIn } from "../controller/transfers/path-map.ts";
import { NO_TAGS } from "../controller/transfers/scan-path.ts";
import { namedTags } from "../controller/transfers/scan-tags.ts";
import type { Transfers } from "../controller/transfers/transfers.ts";
import type { TreeTrigger } from "../controller/transfers/triggers/tree-trigger.ts";
import { LedgerLockedError, ownerText } from "../services/ledger/place.ts";
import { createScanTrees } from "../services/tree/watch-tree.ts";
import { type CommandLog, openCommandLog } from "./command-log.ts";
import { type Ending, failureEnding } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { dryRun } from "./foreground-dry-run.ts";
import { checkPlaces } from "./foreground-place.ts";
import { type ForegroundPlan, type ForegroundRequest, foregroundPlan } from "./foreground-plan.ts";
import { type WorkContext, workOn } from "./foreground-work.ts";
import { JsonScreen, type Screen, TextScreen, wantsColours } from "./screen.ts";

export interface ForegroundContext {
  readonly environment: Environment;
  /** Tells every local time in this zone; empty: in the host's zone. */
  readonly setZone: (zone: string) => void;
  readonly clock: Clock;
  /** This machine's name. */
  readonly host: string;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly isTerminal: boolean;
  /** Write text as it is. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The command line, for the log file. */
  readonly commandLine: string;
  readonly open: (options: QueueOpening) => OpenedQueue;
  /** Told once it works, and again and again what it does. */
  readonly works: (status: string) => void;
  /** Told that it does nothing any more, and will not by itself. */
  readonly stuck: (status: string) => void;
}

/** What a queue in the foreground is opened with. */
interface QueueOpening {
  readonly settings: Settings;
  readonly log: Log;
  readonly troubles: Troubles;
  readonly as?: string;
  readonly isOneCopy: boolean;
  readonly tagsOf: (file: string) => ScanTags;
  readonly trees: readonly TreeTrigger[];
  readonly say: (sentence: string, severity?: Severity) => void;
}

interface OpenedQueue {
  readonly transfers: Transfers;
  readonly globus: Identity;
  close(): Promise<void>;
}

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export async function runForeground(request: ForegroundRequest, context: ForegroundContext): Promise<number> {
  const { out, err, isTerminal, environment, signal } = context;
  const hasColours = wantsColours(isTerminal, environment);
  const screen: Screen =
    request.json === true ? new JsonScreen(out) : new TextScreen({ out, err, isTerminal, hasColours, isVerbose: true });
  const ending = await run(request, context, screen).catch((thrown: unknown) => failureEnding(thrown, signal));
  screen.end({ command: request.what, results: new Map(), ...ending });
  return ending.exitStatus;
}

async function run(request: ForegroundRequest, context: ForegroundContext, screen: Screen): Promise<Ending> {
  const plan = foregroundPlan(request, context.environment);
  const { general } = plan.settings;
  context.setZone(general["time-zone"]);
  await checkPlaces(request, plan, tagsBy(plan));
  if (request.dryRun === true) {
    for (const note of plan.notes) screen.say(note);
    return dryRun(plan, { ...context, screen, trees: treesOf(context), tagsOf: tagsBy(plan) });
  }
  const troubles = new Troubles();
  troubles.listen(({ sentence, isOver }) => (isOver ? screen.say(sentence) : screen.warn(sentence)));
  const kept = openCommandLog({ general, clock: context.clock, screen, troubles });
  try {
    kept.log.info(context.commandLine);
    for (const note of plan.notes) kept.screen.say(note);
    const ending = await send(plan, context, kept, troubles).catch((thrown: unknown) =>
      failureEnding(thrown, context.signal),
    );
    kept.end({ command: request.what, ...ending });
    return ending;
  } finally {
    await kept.close();
  }
}

const treesOf = ({ clock }: ForegroundContext): WorkContext["trees"] => createScanTrees({ clock });

const tagsBy =
  ({ experiment, work }: ForegroundPlan): QueueOpening["tagsOf"] =>
  (file) => ({ ...NO_TAGS, exp: experimentIn(file) ?? experiment, ...namedTags(treesIn(work), file) });

/** What scans are in the tree that is watched. */
const treesIn = (work: ForegroundPlan["work"]): readonly TreeTrigger[] => (work.kind === "watch" ? [work.trigger] : []);

async function send(
  plan: ForegroundPlan,
  context: ForegroundContext,
  { log, screen }: CommandLog,
  troubles: Troubles,
): Promise<Ending> {
  const { settings, as, isGlobus } = plan;
  const opened = context.open({
    settings,
    log: { ...silentLog, info: log.debug, error: log.error },
    troubles,
    tagsOf: tagsBy(plan),
    trees: treesIn(plan.work),
    isOneCopy: plan.isOneCopy,
    ...(as !== undefined && { as }),
    say: (sentence, severity = "NO_ALARM") => (severity === "NO_ALARM" ? screen.say(sentence) : screen.warn(sentence)),
  });
  try {
    const left = await contentLeft(opened.transfers, settings.ledger.path);
    if (isGlobus) await requireLogin(opened.globus, context.signal);
    screen.say(`The ledger is ${settings.ledger.path}.`);
    return await untilDone(opened.transfers, plan, { ...context, screen, left });
  } finally {
    await opened.close();
  }
}

/**
 * What an earlier process has left in the ledger.
 * @throws ActionError where another process has it: who that is, is told at once, and it is not waited for
 */
async function contentLeft({ site }: Transfers, ledger: string): Promise<WorkContext["left"]> {
  try {
    return await site.ledger.read();
  } catch (thrown) {
    if (!(thrown instanceof LedgerLockedError)) throw thrown;
    throw new ActionError(
      `The ledger ${ledger} is held by ${ownerText(thrown.owner)}, which sends what is in it: globus-ioc trigger SCAN --ledger ${ledger} puts a scan in there; or give another --ledger`,
    );
  }
}

/** Nobody is asked here: under systemd there is nobody. @throws UsageError where only a person can log in */
async function requireLogin(globus: Identity, signal: AbortSignal): Promise<void> {
  const login = await globus.state({ signal }).catch((thrown: unknown) => {
    if (thrown instanceof ActionError) return { state: "Unknown" as const }; // the queue waits for the service
    throw thrown;
  });
  if (login.state !== "LoginNeeded") return;
  const why = login.why ?? `The login is missing, or over: ${LOGIN_ADVICE}.`;
  throw new UsageError(
    `Globus wants a person to log in, and nothing was sent. ${why} Then start it again; a service account (client-secret-file in [globus-auth]) needs nobody.`,
  );
}

/** The transfers run until the work is done, or the signal is aborted: then the step under way is finished. */
async function untilDone(
  transfers: Transfers,
  plan: ForegroundPlan,
  context: ForegroundContext & Pick<WorkContext, "screen" | "left">,
): Promise<Ending> {
  const { signal, screen } = context;
  const over = new AbortController();
  const running = transfers.run(over.signal);
  const broken = running.then(
    () => undefined,
    (thrown: unknown) => {
      if (!over.signal.aborted) throw thrown;
    },
  );
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const worked = workOn(transfers, plan, { ...context, signal: over.signal, trees: treesOf(context) }).catch(
    (thrown: unknown) => {
      if (!over.signal.aborted) throw thrown;
    },
  );
  try {
    const ending = await Promise.race([worked, broken, stopped]);
    screen.endProgress();
    if (ending !== undefined) return ending;
    screen.say("Ending: the step under way is finished; a second Ctrl-C ends at once.");
    await transfers.finish();
    return cancelled(transfers, plan, signal);
  } finally {
    over.abort(new CancelledError("The command ends."));
    await Promise.allSettled([running, worked]);
  }
}

/** A watch ends in no other way. */
function cancelled({ running }: Transfers, { settings, work }: ForegroundPlan, signal: AbortSignal): Ending {
  const open = [...(running?.road.queue.openDestinations ?? [])];
  const left = open.reduce((sum, name) => sum + (running?.road.queue.openSends(name).size ?? 0), 0);
  const rest = left === 0 ? "What is left" : `What is left (${left === 1 ? "1 scan" : `${left} scans`})`;
  return {
    state: work.kind === "watch" ? "Done" : "Cancelled",
    message: `${asSentence(messageOf(signal.reason))} ${rest} is kept in ${settings.ledger.path}: the same command goes on with it.`,
    exitStatus: work.kind === "watch" ? EXIT.done : EXIT.failed,
  };
}
