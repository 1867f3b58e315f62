/**
 * The one place where PVs meet actions: streams, merged into one subscription. It decides nothing that command.ts,
 * tag.ts, command-board.ts or an action decides. Over 300 lines because nothing else may subscribe.
 */
import {
  distinctUntilChanged,
  filter,
  fromEvent,
  ignoreElements,
  map,
  merge,
  type Observable,
  type SchedulerLike,
  Subject,
  share,
  shareReplay,
  switchMap,
  takeUntil,
  tap,
} from "rxjs";
import { visible } from "../base/clean-text.ts";
import type { Clock } from "../base/clock.ts";
import { entriesOf } from "../base/entries.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { Troubles } from "../base/troubles.ts";
import { type Experiment, isSameExperiment } from "./experiment.ts";
import type { OutsidePut } from "./ports/outside-put.ts";
import type { Pvs } from "./ports/pvs.ts";
import type { UnderWay } from "./ports/under-way.ts";
import { COMMAND_NAMES, COMMANDS, type CommandName, type CommandRow } from "./pvs/commands.ts";
import type { PvName } from "./pvs/index.ts";
import type { ActionContext, FreeAction, RunContext, Server } from "./run/action.ts";
import { checkedInputs } from "./run/checked-inputs.ts";
import { cleanPvs } from "./run/clean-pvs.ts";
import { command, type Start } from "./run/command.ts";
import { CommandBoard } from "./run/command-board.ts";
import { INPUT_NAMES } from "./run/input-check.ts";
import { takeInputs } from "./run/inputs.ts";
import { Interruptions } from "./run/interruptions.ts";
import { Journal } from "./run/journal.ts";
import type { ActionResult } from "./run/outcome.ts";
import { isOwnName, TEXT_INPUTS } from "./run/own-name.ts";
import { actionOf, perform } from "./run/perform.ts";
import { vitalSigns$ } from "./run/vital-signs.ts";
import type { WatchContext } from "./run/watch.ts";
import { emitsWithin } from "./run/within.ts";
import type { Site } from "./site.ts";
import { settledTag, type TagState, tagAtRest, tagState$ } from "./tagging/tag.ts";
import { TagPublisher } from "./tagging/tag-publisher.ts";

export interface ControllerOptions extends Omit<Site, "close"> {
  readonly pvs: Pvs;
  /** Of its own PVs, as clients know them. */
  readonly prefix?: string;
  readonly version: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What goes wrong in the background; the log has it already. */
  readonly troubles?: Troubles;
  /** Where what is under way is remembered for the next start. */
  readonly underWay?: UnderWay;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike;
}

/**
 * Seconds that running actions get to end in order when the IOC stops: for the answer under way and what must be
 * written after it.
 */
const STOP_SECONDS = 5;
const STOPPING = "The IOC stops.";

/**
 * Starts the controller.
 * @returns stops it: running actions are cancelled and, for a few seconds, waited for; only then may what they work
 * with be closed
 */
export function startController(given: ControllerOptions): () => Promise<void> {
  const options = { ...given, pvs: cleanPvs(given.pvs) };
  const { pvs, clock, log, troubles = new Troubles() } = options;
  const journal = new Journal({ clock, log, pvs });
  const board = new CommandBoard({ pvs, journal, clock, log });
  const interruptions = new Interruptions({ underWay: options.underWay, journal, clock });
  const abort$ = new Subject<string>();
  const subscription = controller$(options, { journal, board, interruptions, abort$ }).subscribe({
    error: (thrown: unknown) => log.error(`the controller has stopped: ${messageOf(thrown)}`),
  });
  const deafen = troubles.listen(({ sentence, isOver }) => journal.show(sentence, isOver ? "NO_ALARM" : "MAJOR"));
  return async () => {
    board.close(STOPPING);
    abort$.next(STOPPING);
    const isOver = await emitsWithin(board.idle$, STOP_SECONDS, clock);
    if (!isOver) log.warn(`${board.runningText} did not end within ${STOP_SECONDS} s of the IOC's stop.`);
    deafen();
    subscription.unsubscribe();
    await interruptions.settled();
  };
}

/**
 * Refuses every command with a sentence: for an IOC that has the PVs but no controller. @returns stops it
 */
export function refuseCommands(pvs: Pvs, clock: Clock, log: Log, sentence: string): () => void {
  const journal = new Journal({ clock, log, pvs });
  const subscription = merge(...COMMAND_NAMES.map((name) => pvs.puts$(name))).subscribe((put) => {
    put.refuse(sentence);
    journal.say(sentence, "MAJOR");
  });
  journal.say(sentence, "MAJOR");
  return () => subscription.unsubscribe();
}

/** What the streams share. */
interface Shared {
  readonly journal: Journal;
  readonly board: CommandBoard;
  readonly interruptions: Interruptions;
  /** Emits the reason when everything that runs is to stop. */
  readonly abort$: Subject<string>;
}

/** Everything the controller does, as one stream without elements. */
function controller$(given: ControllerOptions, shared: Shared): Observable<never> {
  const pvs = checkedInputs(given.pvs, shared.journal);
  const options = { ...given, pvs };
  const { board } = shared;
  board.reset();
  for (const one of shared.interruptions.tell()) board.showInterrupted(one);
  const tag$ = tagState$({
    text$: (key) => options.beamline.text$(options.tomoScanName(key)),
    nameOf: options.tomoScanName,
    problem: options.tomoScanProblem,
    override$: pvs.value$("ExperimentNameOverride").pipe(map((value) => String(value))),
    scheduler: options.scheduler,
  }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  return merge(
    tagged$(options, board, tag$),
    ...COMMAND_NAMES.map((name) => command$(options, { ...shared, name, tag$ })),
    buttons$(options, shared),
    guards$(options, shared),
    ...INPUT_NAMES.map((name) => pvs.puts$(name)),
    watches$(options, shared, tag$),
    vitalSigns$({ ...options, tell: (sentence, severity) => shared.journal.say(sentence, severity) }, board.ended$),
  ).pipe(ignoreElements());
}

/** The tag, into the PVs that tell of it; an override that belongs to a former tag is cleared. */
function tagged$(options: ControllerOptions, board: CommandBoard, tag$: Observable<TagState>): Observable<unknown> {
  const { pvs, directories } = options;
  const publisher = new TagPublisher({
    pvs,
    directories,
    server: () => currentServer(options),
    isRunning: (name) => board.isRunning(name),
  });
  return merge(
    combineTagAndServer$(tag$, pvs).pipe(tap((state) => publisher.publish(state))),
    tag$.pipe(
      filter((state) => state.overrideIsStale),
      tap(() => pvs.put("ExperimentNameOverride", "")),
    ),
  );
}

function buttons$({ pvs }: ControllerOptions, { journal, board, interruptions, abort$ }: Shared): Observable<unknown> {
  return merge(
    pressed$(pvs, "Abort").pipe(
      tap(() => {
        if (!board.busy) journal.say("Nothing is running that could be aborted.");
        abort$.next("Aborted on request.");
      }),
    ),
    pressed$(pvs, "ErrorAck").pipe(
      tap(() => {
        journal.acknowledge();
        interruptions.acknowledge();
      }),
    ),
  );
}

/** Puts that are judged before they take effect: the choice of a server, arming, and texts that nobody means. */
function guards$(options: ControllerOptions, { journal, board }: Shared): Observable<unknown> {
  const { pvs } = options;
  const arms = entriesOf(options.arms).map(([name, problem]) =>
    pvs.puts$(name).pipe(
      filter((put) => put.value !== 0),
      tap((put) =>
        judgeArm(
          put,
          problem((pv) => pvs.get(pv)),
          journal,
        ),
      ),
    ),
  );
  const texts = TEXT_INPUTS.map((name) =>
    pvs.puts$(name).pipe(tap((put) => judgeText(put, `${options.prefix ?? ""}${name}`, journal))),
  );
  return merge(
    pvs.puts$("ServerName").pipe(tap((put) => judgeServer(options, put, board, journal))),
    ...arms,
    ...texts,
  );
}

function watches$(
  { pvs, clock, watches, scheduler }: ControllerOptions,
  { journal, board }: Shared,
  tag$: Observable<TagState>,
): Observable<unknown> {
  const context: WatchContext = {
    pvs,
    journal,
    experiment$: experimentOf$(tag$),
    isRunning: (name) => board.isRunning(name),
    ended$: board.ended$,
    clock,
    ...(scheduler === undefined ? {} : { scheduler }),
  };
  return merge(...watches.map((watch) => watch(context)));
}

interface CommandParts extends Shared {
  readonly name: CommandName;
  readonly tag$: Observable<TagState>;
}

/** One command: puts of 1 start it, puts of 0 and Abort stop it, its outcomes go to its PVs. */
function command$(options: ControllerOptions, parts: CommandParts): Observable<unknown> {
  const { name, board } = parts;
  const puts$ = options.pvs.puts$(name).pipe(share());
  const stops$ = puts$.pipe(
    filter((put) => put.value === 0 && board.isRunning(name)),
    map((put) => {
      put.absorb(); // X stays 1 until the action has ended
      return `${name} was stopped: 0 was written to it.`;
    }),
  );
  const starts$: Observable<Start> = puts$.pipe(filter((put) => put.value !== 0));
  return starts$.pipe(
    command(
      {
        blocked: () => board.blocker(name),
        alreadyRunning: `${name} is running; wait until it is done, or write 1 to Abort.`,
        cancel$: merge(stops$, parts.abort$),
      },
      (signal) => runAction(options, parts, signal),
    ),
    tap((outcome) => board.show(name, outcome)),
  );
}

/**
 * One run: the inputs, the tag where one is needed, the action of the chosen server. It is remembered from where it may
 * have an effect to its end.
 */
async function runAction(options: ControllerOptions, parts: CommandParts, signal: AbortSignal): Promise<ActionResult> {
  const { name } = parts;
  const server = currentServer(options);
  const context = runContext(options, parts, signal);
  const action = actionOf(options, server, name);
  const untilAborted$ = parts.tag$.pipe(takeUntil(fromEvent(signal, "abort")));
  const row: CommandRow = COMMANDS[name];
  const isDry = Number(context.input("Testing")) === 1;
  if (row.needs === "nothing")
    return remembered(parts, { signal, isDry, server: server.name }, async () => {
      const result = await perform(name, action as FreeAction, context);
      if (row.tags === true && !isDry) await tagAtRest(untilAborted$, options.scheduler);
      return result;
    });
  const { experiment } = await settledTag(untilAborted$, options.scheduler);
  signal.throwIfAborted();
  return remembered(parts, { signal, isDry, server: server.name, experiment: experiment.name }, () =>
    perform<ActionContext>(name, action, { ...context, experiment }),
  );
}

const runContext = ({ pvs }: ControllerOptions, parts: CommandParts, signal: AbortSignal): RunContext => ({
  input: takeInputs(pvs),
  signal,
  publish: (suffix, value) => pvs.put(suffix, value),
  shown: (suffix) => pvs.get(suffix),
  say: (sentence, severity) => {
    parts.journal.say(sentence, severity);
    parts.interruptions.said(parts.name, sentence);
  },
  isRunning: (other) => parts.board.isRunning(other),
});

interface RememberedRun {
  readonly signal: AbortSignal;
  /** Has no effect, so nothing of it need be remembered. */
  readonly isDry: boolean;
  readonly server: string;
  readonly experiment?: string;
}

/**
 * Remembers the run while it may have an effect: what the IOC's stop cuts short, or a crash leaves, is told at the next
 * start.
 */
async function remembered(
  { name, board, interruptions }: CommandParts,
  { signal, isDry, ...about }: RememberedRun,
  work: () => Promise<ActionResult>,
): Promise<ActionResult> {
  if (!isDry) await interruptions.begun(name, about);
  let isAtWork = false;
  try {
    signal.throwIfAborted();
    isAtWork = true;
    const result = await work();
    if (board.isClosed && result.state !== "Done") interruptions.cutShort(name, result.message);
    else await interruptions.ended(name);
    return result;
  } catch (thrown) {
    if (board.isClosed && isAtWork) interruptions.cutShort(name, withoutReason(messageOf(thrown)));
    else await interruptions.ended(name);
    throw thrown;
  }
}

/** What a command that was stopped tells of itself, behind why it was. */
const withoutReason = (message: string): string =>
  (message.startsWith(STOPPING) ? message.slice(STOPPING.length) : message).trim();

/** Refuses a choice of server that there is none for, or that comes while a command runs. */
function judgeServer({ servers }: ControllerOptions, put: OutsidePut, board: CommandBoard, journal: Journal): void {
  const reason = board.busy
    ? `ServerName cannot change while ${board.runningText} runs; try again when it is over.`
    : servers[Number(put.value)] === undefined
      ? `ServerName ${put.value} is none of the ${servers.length} servers; choose ${servers.map((server) => server.name).join(" or ")}.`
      : undefined;
  if (reason === undefined) return;
  put.refuse(reason);
  journal.say(reason, "MINOR");
}

/** Refuses a PV's own name in angle brackets. @param name full name of the PV */
function judgeText(put: OutsidePut, name: string, journal: Journal): void {
  if (typeof put.value !== "string" || !isOwnName(put.value, name)) return;
  const reason = `${name} was not set to ${visible(put.value)}: that is what a field of Phoebus shows while its PV is disconnected; put the text itself.`;
  put.refuse(reason);
  journal.say(reason, "MINOR");
}

/** Refuses to arm what is not ready to go off. */
function judgeArm(put: OutsidePut, problem: string | undefined, journal: Journal): void {
  if (problem === undefined) return;
  put.refuse(problem);
  journal.say(problem, "MINOR");
}

/**
 * The experiment of the settled tag, and undefined where TomoScan names none; silent while TomoScan is not there to
 * say.
 */
const experimentOf$ = (tag$: Observable<TagState>): Observable<Experiment | undefined> =>
  tag$.pipe(
    filter((state) => state.settled && state.connected),
    map((state) => (state.tag.valid ? state.tag.experiment : undefined)),
    distinctUntilChanged(isSameExperiment),
  );

/** The server that ServerName names. */
const currentServer = ({ pvs, servers }: ControllerOptions): Server =>
  servers[Number(pvs.get("ServerName"))] ?? servers[0]; // the first before anybody has chosen

/** A button: emits at each put of something but 0, and sets the PV back itself. */
function pressed$(pvs: Pvs, name: PvName): Observable<unknown> {
  return pvs.puts$(name).pipe(
    filter((put) => put.value !== 0),
    tap((put) => put.absorb()),
  );
}

/** The tag at every change of it or of the chosen server, on which the data link depends. */
function combineTagAndServer$(tag$: Observable<TagState>, pvs: Pvs): Observable<TagState> {
  return pvs.value$("ServerName").pipe(
    distinctUntilChanged(),
    switchMap(() => tag$),
  );
}
