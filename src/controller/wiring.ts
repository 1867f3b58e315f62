/**
 * The one place where PVs meet actions: streams, merged into one subscription. It decides nothing that command.ts, tag.ts, command-board.ts or an action
 * decides.
 */
import {
  distinctUntilChanged,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  type SchedulerLike,
  Subject,
  share,
  shareReplay,
  switchMap,
  tap,
} from "rxjs";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { ActionContext, FreeAction, RunContext, Server } from "./action.ts";
import { directoryPath } from "./actions/make-directories.ts";
import { command, type Start } from "./command.ts";
import { CommandBoard } from "./command-board.ts";
import { EXPERIMENT_PVS, type Experiment } from "./experiment.ts";
import { takeInputs } from "./inputs.ts";
import { Journal } from "./journal.ts";
import type { ActionResult } from "./outcome.ts";
import { actionOf, perform } from "./perform.ts";
import type { OutsidePut, Pvs } from "./ports.ts";
import { COMMAND_NAMES, COMMANDS, type CommandName, PVS, type PvName } from "./pvs.ts";
import type { Site } from "./site.ts";
import { settledTag, type TagState, tagSentence, tagState$ } from "./tag.ts";
import { vitalSigns$ } from "./vital-signs.ts";

export interface ControllerOptions extends Omit<Site, "close"> {
  readonly pvs: Pvs;
  readonly version: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike;
}

/** Starts the controller. @returns stops it: running actions are cancelled */
export function startController(options: ControllerOptions): () => void {
  const subscription = controller$(options).subscribe({
    error: (thrown: unknown) => options.log.error(`the controller has stopped: ${messageOf(thrown)}`),
  });
  return () => subscription.unsubscribe();
}

/**
 * Refuses every command with a sentence: for an IOC that has the PVs but no controller. @returns stops it
 */
export function refuseCommands(pvs: Pvs, clock: Clock, log: Log, sentence: string): () => void {
  const journal = new Journal({ clock, log, pvs });
  const subscription = merge(...COMMAND_NAMES.map((name) => pvs.puts$(name))).subscribe((put) => {
    put.refuse();
    journal.say(sentence, "MAJOR");
  });
  journal.say(sentence, "MAJOR");
  return () => subscription.unsubscribe();
}

/** Everything the controller does, as one stream without elements. */
export function controller$(options: ControllerOptions): Observable<never> {
  const { pvs, clock, log } = options;
  const journal = new Journal({ clock, log, pvs });
  const board = new CommandBoard({ pvs, journal, clock, log });
  board.reset();
  defineResults(pvs);
  const tag$ = tagState$({
    text$: (key) => options.beamline.text$(options.tomoScanName(key)),
    nameOf: options.tomoScanName,
    override$: pvs.value$("ExperimentNameOverride").pipe(map((value) => String(value))),
    scheduler: options.scheduler,
  }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const tagged = tagPublisher(options);
  const abort$ = new Subject<string>();

  const streams: Observable<unknown>[] = [
    combineTagAndServer$(tag$, pvs).pipe(tap(tagged)),
    tag$.pipe(
      filter((state) => state.overrideIsStale),
      tap(() => pvs.put("ExperimentNameOverride", "")),
    ),
    ...COMMAND_NAMES.map((name) => command$(options, { name, journal, board, tag$, abort$ })),
    pressed$(pvs, "Abort").pipe(
      tap(() => {
        if (!board.busy) journal.say("Nothing is running that could be aborted.");
        abort$.next("Aborted on request.");
      }),
    ),
    pressed$(pvs, "ErrorAck").pipe(tap(() => journal.acknowledge())),
    pvs.puts$("ServerName").pipe(tap((put) => judgeServer(options, put, board, journal))),
    ...Object.entries(options.arms).map(([name, problem]) =>
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
    ),
    ...options.watches.map((watch) =>
      watch({
        pvs,
        journal,
        experiment$: experimentOf$(tag$),
        server$: pvs.value$("ServerName").pipe(
          map(() => currentServer(options)),
          distinctUntilChanged(),
        ),
        ended$: board.ended$,
        clock,
        ...(options.scheduler === undefined ? {} : { scheduler: options.scheduler }),
      }),
    ),
    vitalSigns$(options, board.ended$),
  ];
  return merge(...streams).pipe(ignoreElements());
}

/** Numbers that nothing has written yet are 0 rather than undefined, which clients show as INVALID. Records that process by themselves see to it. */
function defineResults(pvs: Pvs): void {
  for (const name of Object.keys(PVS) as PvName[]) {
    const value = PVS[name].kind === "result" && !SELF_PROCESSING.includes(name) ? pvs.get(name) : "";
    if (typeof value === "number") pvs.put(name, value);
  }
}
const SELF_PROCESSING: readonly PvName[] = ["ServerRunning", "Watchdog"];

interface CommandParts {
  readonly name: CommandName;
  readonly journal: Journal;
  readonly board: CommandBoard;
  readonly tag$: Observable<TagState>;
  readonly abort$: Observable<string>;
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
        overlap: COMMANDS[name].overlap,
        blocked: () => board.blocker(name),
        alreadyRunning: `${name} is running; wait until it is done, or write 1 to Abort.`,
        cancel$: merge(stops$, parts.abort$),
      },
      (signal) => runAction(options, parts, signal),
    ),
    tap((outcome) => board.show(name, outcome)),
  );
}

/** One run: the inputs, the tag where one is needed, the action of the chosen server. */
async function runAction(options: ControllerOptions, parts: CommandParts, signal: AbortSignal): Promise<ActionResult> {
  const { pvs } = options;
  const { journal, name } = parts;
  const server = currentServer(options);
  const context: RunContext = {
    input: takeInputs(pvs),
    signal,
    publish: (suffix, value) => pvs.put(suffix, value),
    say: (sentence) => journal.say(sentence),
    isRunning: (other) => parts.board.isRunning(other),
  };
  const action = actionOf(options, server, name);
  if (COMMANDS[name].needs === "nothing") return perform(name, action as FreeAction, context);
  const { experiment } = await settledTag(parts.tag$, options.scheduler);
  signal.throwIfAborted();
  return perform<ActionContext>(name, action, { ...context, experiment });
}

/** Refuses a choice of server that there is none for, or that comes while a command runs. */
function judgeServer({ servers }: ControllerOptions, put: OutsidePut, board: CommandBoard, journal: Journal): void {
  const reason = board.busy
    ? `ServerName cannot change while ${board.runningText} runs; try again when it is over.`
    : servers[Number(put.value)] === undefined
      ? `ServerName ${put.value} is none of the ${servers.length} servers; choose ${servers.map((server) => server.name).join(" or ")}.`
      : undefined;
  if (reason === undefined) return;
  put.refuse();
  journal.say(reason, "MINOR");
}

/** Refuses to arm what is not ready to go off. */
function judgeArm(put: OutsidePut, problem: string | undefined, journal: Journal): void {
  if (problem === undefined) return;
  put.refuse();
  journal.say(problem, "MINOR");
}

/** The experiment of the settled tag, and undefined while there is none. */
const experimentOf$ = (tag$: Observable<TagState>): Observable<Experiment | undefined> =>
  tag$.pipe(
    filter((state) => state.settled),
    map((state) => (state.tag.valid ? state.tag.experiment : undefined)),
    distinctUntilChanged(),
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

/** Writes what the tag says to the PVs that tell of it. */
function tagPublisher(options: ControllerOptions): (state: TagState) => void {
  const { pvs } = options;
  return (state) => {
    pvs.put("TomoScanConnected", state.connected ? 1 : 0);
    pvs.put("TagMessage", state.settled ? tagSentence(state) : "TomoScan's user PVs are changing.");
    pvs.put("TagValid", state.settled && state.tag.valid ? 1 : 0);
    if (state.settled) publishExperiment(options, state.tag.valid ? state.tag.experiment : undefined);
  };
}

function publishExperiment(options: ControllerOptions, experiment: Experiment | undefined): void {
  const { pvs } = options;
  for (const [name, read] of Object.entries(EXPERIMENT_PVS))
    pvs.put(name, experiment === undefined ? "" : read(experiment));
  pvs.put("DataLink", experiment === undefined ? "" : currentServer(options).dataLink(experiment));
  for (const target of options.directories)
    pvs.put(target.pathPv, experiment === undefined ? "" : directoryPath(target, experiment));
}
