/**
 * The one place where PVs meet actions: streams, merged into one subscription. Decides nothing that command.ts,
 * perform.ts, guards.ts, tag.ts, command-board.ts or an action decides.
 */
import {
  defer,
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
  takeUntil,
  tap,
} from "rxjs";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { Troubles } from "../base/troubles.ts";
import type { Pvs } from "./ports/pvs.ts";
import type { UnderWay } from "./ports/under-way.ts";
import { COMMAND_NAMES, COMMANDS, type CommandName, type CommandRow } from "./pvs/commands.ts";
import type { PvName } from "./pvs/index.ts";
import { checkedInputs } from "./run/checked-inputs.ts";
import { cleanPvs } from "./run/clean-pvs.ts";
import { command, type Start } from "./run/command.ts";
import { CommandBoard } from "./run/command-board.ts";
import { Faults } from "./run/faults.ts";
import { guards$ } from "./run/guards.ts";
import { halvedPvs } from "./run/halved-pvs.ts";
import { WRITABLE } from "./run/input-check.ts";
import { Interruptions } from "./run/interruptions.ts";
import { Journal } from "./run/journal.ts";
import { type ActionResult, type Outcome, STOPPING } from "./run/outcome.ts";
import { chosenServer, performCommand } from "./run/perform.ts";
import { vitalSigns$ } from "./run/vital-signs.ts";
import type { WatchContext } from "./run/watch.ts";
import { emitsWithin } from "./run/within.ts";
import type { Site } from "./site.ts";
import { experimentOf$, settledTag, type TagState, tagAtRest, tagState$ } from "./tagging/tag.ts";
import { publishTag$ } from "./tagging/tag-publisher.ts";
import { type RunBegun, visit$ } from "./visit/visit-watch.ts";

export interface ControllerOptions extends Omit<Site, "close"> {
  readonly pvs: Pvs;
  /** The prefix of our own PVs, as clients know them. */
  readonly prefix?: string;
  readonly version: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of what goes wrong in the background, which the log has already. */
  readonly troubles?: Troubles;
  /** Remembers for the next start which commands are under way. */
  readonly underWay?: UnderWay;
  /** Told of each run that ends, or is turned away, and how. */
  readonly commandEnded?: (name: CommandName, state: Outcome["state"]) => void;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike;
}

/**
 * Seconds that running actions get to end in order when the IOC stops: for the answer under way, and for what must be
 * written after that answer.
 */
const STOP_SECONDS = 5;

/**
 * Starts the controller.
 * @returns stops the controller: cancels running actions and waits a few seconds for them; only then may their
 * connections be closed
 */
export function startController(given: ControllerOptions): () => Promise<void> {
  const options = { ...given, pvs: cleanPvs(halvedPvs(given.pvs)) };
  const { pvs, clock, log, troubles = new Troubles() } = options;
  const journal = new Journal({ clock, log, pvs });
  const faults = new Faults({
    journal,
    log,
    scheduler: options.scheduler,
    heard: (sentence) => given.health?.faulted(sentence),
  });
  const board = new CommandBoard({ pvs, journal, faults, clock, log });
  const interruptions = new Interruptions({ underWay: options.underWay, journal, clock });
  const abort$ = new Subject<string>();
  const begun$ = new Subject<RunBegun>();
  const subscription = controller$(options, { journal, faults, board, interruptions, abort$, begun$ }).subscribe({
    error: (thrown: unknown) => log.error(`the controller has stopped: ${messageOf(thrown)}`),
  });
  const deafen = troubles.listen(({ sentence, isOver }) => journal.show(sentence, isOver ? "NO_ALARM" : "MAJOR"));
  return async () => {
    board.close(STOPPING);
    abort$.next(STOPPING);
    const [isOver] = await Promise.all([emitsWithin(board.idle$, STOP_SECONDS, clock), given.finish?.()]);
    if (!isOver) log.warn(`${board.runningText} did not end within ${STOP_SECONDS} s of the IOC's stop.`);
    deafen();
    subscription.unsubscribe();
    await interruptions.settled();
  };
}

/** Refuses every command with a sentence: for an IOC that has the PVs but no controller. @returns ends the refusing */
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
  readonly faults: Faults;
  readonly board: CommandBoard;
  readonly interruptions: Interruptions;
  /** Emits the reason when everything that runs is to stop. */
  readonly abort$: Subject<string>;
  /** Emits each run whose work begins. */
  readonly begun$: Subject<RunBegun>;
}

/** Everything the controller does, as one stream without elements. */
function controller$(given: ControllerOptions, shared: Shared): Observable<never> {
  const pvs = checkedInputs(given.pvs, shared.journal);
  const options = { ...given, pvs };
  const { board, faults } = shared;
  board.reset();
  for (const one of shared.interruptions.tell()) board.showInterrupted(one);
  const override$ = pvs.value$("ExperimentNameOverride").pipe(map((value) => String(value)));
  const tag$ = tagState$({ site: options, override$, scheduler: options.scheduler }).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  return merge(
    publishTag$(tag$, {
      pvs,
      directories: options.directories,
      server: () => chosenServer(options, pvs),
      isRunning: (name) => board.isRunning(name),
    }).pipe(faults.outliveLater("The PVs of the tag")),
    ...COMMAND_NAMES.map((name) => command$(options, { ...shared, name, tag$ }).pipe(faults.outlive(name))),
    buttons$(options, shared),
    guards$(options, board, shared.journal).pipe(faults.outlive("The check of a put")),
    ...WRITABLE.map((name) => pvs.puts$(name).pipe(faults.outlive(name))),
    watches$(options, shared, tag$),
    visit$({
      pvs,
      site: options.visit,
      server: () => chosenServer(options, pvs),
      tag$,
      begun$: shared.begun$,
      ended$: board.ended$,
      isRunning: (name) => board.isRunning(name),
      blocker: (name) => board.blocker(name),
      armCheck: options.arms.EmailArm,
      scheduler: options.scheduler,
    }).pipe(faults.outliveLater("The steps of the visit")),
    vitalSigns$(
      { ...options, tell: (sentence, severity) => shared.journal.say(sentence, severity) },
      board.ended$,
    ).pipe(faults.outliveLater("The signs of life")),
  ).pipe(ignoreElements());
}

function buttons$({ pvs }: ControllerOptions, shared: Shared): Observable<unknown> {
  const { journal, faults, board, interruptions, abort$ } = shared;
  return merge(
    pressed$(pvs, "Abort").pipe(
      tap(() => {
        if (!board.busy) journal.say("Nothing is running that could be aborted.");
        abort$.next("Aborted on request.");
      }),
      faults.outlive("Abort"),
    ),
    pressed$(pvs, "ErrorAck").pipe(
      tap(() => {
        journal.acknowledge();
        interruptions.acknowledge();
      }),
      faults.outlive("ErrorAck"),
    ),
  );
}

function watches$(
  { pvs, clock, watches, scheduler }: ControllerOptions,
  { journal, faults, board }: Shared,
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
  return merge(...watches.map((watch) => defer(() => watch(context)).pipe(faults.outliveLater("A watch"))));
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
    tap(({ state }) => {
      if (state !== "Running") options.commandEnded?.(name, state);
    }),
  );
}

/**
 * One run, remembered from its first possible effect to its end; a run that writes the tag ends when the tag has
 * settled.
 */
function runAction(options: ControllerOptions, parts: CommandParts, signal: AbortSignal): Promise<ActionResult> {
  const { scheduler } = options;
  const { name, board, journal, interruptions } = parts;
  const untilAborted$ = parts.tag$.pipe(takeUntil(fromEvent(signal, "abort")));
  const row: CommandRow = COMMANDS[name];
  return performCommand(options, name, {
    pvs: options.pvs,
    signal,
    say: (sentence, severity) => {
      journal.say(sentence, severity);
      interruptions.said(name, sentence);
    },
    isRunning: (other) => board.isRunning(other),
    experiment: async () => (await settledTag(untilAborted$, scheduler)).experiment,
    around: (about, work) => {
      parts.begun$.next({ ...about, command: name });
      return interruptions.during(name, { ...about, signal, closed: () => board.closed }, async () => {
        const result = await work();
        if (row.tags === true && !about.isDry) await tagAtRest(untilAborted$, scheduler);
        return result;
      });
    },
  });
}

/** A button: emits at each put of something but 0, and sets the PV back to 0. */
function pressed$(pvs: Pvs, name: PvName): Observable<unknown> {
  return pvs.puts$(name).pipe(
    filter((put) => put.value !== 0),
    tap((put) => put.absorb()),
  );
}
