/**
 * Upload on a Data Management server: moves once what is in the source directories, and waits until that is done. Tells
 * of an upload that moves nothing; on an abort the uploads are stopped at the service, too. integration.md §5.9.
 */

import { type Clock, sleep } from "../../base/clock.ts";
import { ActionError, asSentence, CancelledError, clauseOf, messageOf, pieceOf } from "../../base/errors.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../ports/call.ts";
import { type DataManagement, type DmTransfer, hasEndedWell, isMoving, isUnderWay } from "../ports/data-management.ts";
import { SIDE_NAMES, type UploadState } from "../pvs/daq.ts";
import type { Action, ActionContext } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import type { ActionResult } from "../run/outcome.ts";
import { requireExperiment } from "../setup/dm-experiment.ts";
import { type CheckedSource, checkSources } from "./check-sources.ts";
import { chosenSources, type DaqSource, filesText, inDmsWords, REFUSED_SECONDS, SIDES } from "./daq-sources.ts";
import { isAlive, sourceChecked } from "./daq-state.ts";
import type { DaqOptions } from "./start-daq.ts";
import { endState, listedUploads, showUploads } from "./uploads.ts";

export interface UploadOptions extends DaqOptions {
  readonly clock: Clock;
  /** Seconds between two looks at the uploads. */
  readonly pollSeconds: number;
  /** Seconds without an answer after which the uploads are no longer waited for. */
  readonly patienceSeconds: number;
}

export function upload(options: UploadOptions): Action {
  return {
    plan: (request) => [
      `would look for experiment ${request.experiment.name} on ${options.serverName}`,
      ...chosenSources(options.site, request).map(
        ({ side, place, directory }) =>
          `would look at ${place} and move the ${SIDE_NAMES[side]} that are in ${directory}`,
      ),
    ],
    run: (context) => run(options, context),
  };
}

/** One accepted upload, as it was last seen. */
interface Running {
  readonly source: CheckedSource;
  transfer: DmTransfer;
  /** Data Management no longer has the upload. */
  isGone?: true;
}

async function run(options: UploadOptions, context: ActionContext): Promise<ActionResult> {
  const { dm, site, serverName, board } = options;
  const { experiment, signal, publish } = context;
  const sources = chosenSources(site, context);
  showUploads(publish, [], "None");
  board.begin(context, site);
  clearOthers(options, sources, context);
  const { name } = await requireExperiment({ dm, serverName }, experiment, signal);
  const checked = await checkSources({ host: site.host, board, needsFiles: true }, sources, context);
  const before = await listedUploads(dm, context, "An upload that runs already would be started a second time");
  const running: Running[] = [];
  const failures: string[] = [];
  try {
    for (const source of checked.usable) {
      signal.throwIfAborted();
      const transfer = await startOne({ dm, name, source, before }, context).catch((thrown: unknown) => {
        failures.push(clauseOf(serviceFailure(thrown, signal)));
      });
      if (transfer !== undefined) running.push({ source, transfer });
      show(running, context, running.length === 0 ? "None" : "Running");
    }
    if (running.length > 0) await untilEnded(options, running, context);
  } catch (thrown) {
    if (signal.aborted) throw await stopAll(dm, running, context);
    show(running, context, "Failed");
    const more = [...failures, ...checked.remarks, ...checked.unchecked];
    if (more.length === 0) throw thrown;
    const cause = serviceFailure(thrown);
    throw new ActionError(`${pieceOf(cause)}; ${more.join("; ")}`, { cause });
  }
  return outcome(running, { ...checked, failures }, context);
}

/**
 * A side that is not asked for must not show what an earlier run has found there; a side whose DAQ runs keeps what
 * StartDaq has found.
 */
function clearOthers({ board }: UploadOptions, chosen: readonly DaqSource[], context: ActionContext): void {
  for (const one of SIDES)
    if (!chosen.some(({ side }) => side === one) && !isAlive(board.state.sides[one]))
      board.changeOf(context, (state) => sourceChecked(state, one));
}

interface UploadOrder {
  readonly dm: DataManagement;
  /** The experiment's name at Data Management. */
  readonly name: string;
  readonly source: CheckedSource;
  /** The uploads that were listed before anything was started; undefined: there is no list. */
  readonly before: readonly DmTransfer[] | undefined;
}

/**
 * The upload that runs for the directory already, or else a new upload: never two.
 * @throws ActionError when no upload is known to run
 */
async function startOne(start: UploadOrder, { signal, say }: ActionContext): Promise<DmTransfer> {
  const { dm, name, source, before } = start;
  const running = before?.find((one) => isUnderWay(one) && isFor(start, one));
  if (running !== undefined) {
    say(
      `The upload ${running.id} of ${source.directory} runs already: it is waited for, and none is started beside it.`,
    );
    return running;
  }
  try {
    return await dm.startUpload(name, source.directory, source.root, { signal });
  } catch (cause) {
    const answerLost = signal.aborted || (cause instanceof UnavailableError && cause.mayHaveHappened);
    const listed = answerLost && before !== undefined ? await dm.uploads({}).catch(() => undefined) : undefined;
    const found = listed?.findLast((one) => isFor(start, one) && before?.every(({ id }) => id !== one.id) === true);
    if (found !== undefined) return found;
    const failure = serviceFailure(cause, signal);
    const sentence =
      answerLost && listed === undefined
        ? `the upload of ${source.directory} may run or not: see what Data Management has before you repeat it`
        : `the upload of ${source.directory} was not started${answerLost ? ", Data Management lists none" : ""}`;
    throw new ActionError(sentence, { cause: failure });
  }
}

const isFor = ({ name, source }: UploadOrder, { experimentName, dataDirectory }: DmTransfer): boolean =>
  experimentName === name && dataDirectory === source.directory;

/**
 * Looks at the uploads under way until all have ended.
 * @throws UnavailableError when the service has not answered for too long: the uploads go on without us
 */
async function untilEnded(options: UploadOptions, running: Running[], context: ActionContext): Promise<void> {
  const { clock, pollSeconds, patienceSeconds } = options;
  const { signal, say } = context;
  let answered = clock.monotonic();
  let told = false;
  let cause: ActionError | undefined;
  while (running.some(isWaitedFor)) {
    await sleep(clock, cause instanceof AccessDeniedError ? REFUSED_SECONDS : pollSeconds, signal);
    cause = await lookAtAll(options.dm, running.filter(isWaitedFor), signal);
    if (cause === undefined) {
      answered = clock.monotonic();
      told = false;
    } else {
      const ids = idsOf(running.filter(isWaitedFor));
      if (clock.monotonic() - answered >= patienceSeconds)
        throw new UnavailableError(`The uploads ${ids} go on, but nobody can say how`, { cause });
      if (!told) say(asSentence(`The uploads ${ids} go on, but Data Management does not say how: ${clauseOf(cause)}`));
      told = true;
    }
    show(running, context, "Running");
  }
}

/** @returns why the state of an upload is not known; an expired session counts like a service that is away */
async function lookAtAll(
  dm: DataManagement,
  moving: readonly Running[],
  signal: AbortSignal,
): Promise<ActionError | undefined> {
  let problem: ActionError | undefined;
  for (const one of moving) {
    try {
      one.transfer = await dm.upload(one.transfer.id, { signal });
    } catch (thrown) {
      const failure = serviceFailure(thrown, signal);
      if (failure instanceof NotFoundError) one.isGone = true;
      else problem = failure;
    }
  }
  return problem;
}

const isWaitedFor = ({ transfer, isGone }: Running): boolean => isGone !== true && isMoving(transfer);

const idsOf = (running: readonly Running[]): string => running.map(({ transfer }) => transfer.id).join(" ");

const show = (running: readonly Running[], { publish }: ActionContext, state: UploadState): void =>
  showUploads(
    publish,
    running.map(({ transfer }) => transfer),
    state,
  );

/**
 * Stops the uploads that move, although the run's own signal is aborted.
 * @returns an error that says how far they had come
 */
async function stopAll(
  dm: DataManagement,
  running: readonly Running[],
  context: ActionContext,
): Promise<CancelledError> {
  const pieces: string[] = [];
  let goesOn = false;
  for (const one of running) {
    const { source, transfer } = one;
    const { id } = transfer;
    let problem: string | undefined;
    if (isWaitedFor(one))
      await dm.stopUpload(id, {}).catch((thrown: unknown) => {
        if (!(thrown instanceof NotFoundError)) problem = clauseOf(thrown);
      });
    goesOn ||= problem !== undefined;
    one.transfer = await dm.upload(id, {}).catch(() => transfer);
    const moved = `${filesText(one.transfer)} of ${source.directory} were moved`;
    pieces.push(problem === undefined ? moved : `${moved}, and upload ${id} goes on: ${problem}`);
  }
  show(running, context, stateAfterAbort(running, goesOn));
  return new CancelledError(
    `${messageOf(context.signal.reason)} ${pieces.join("; ") || "No upload is known to have started"}.`,
  );
}

function stateAfterAbort(running: readonly Running[], goesOn: boolean): UploadState {
  if (running.length === 0) return "None";
  return goesOn ? "Running" : "Stopped";
}

/** Pieces of the message. */
interface UploadRemarks {
  readonly failures: readonly string[];
  readonly remarks: readonly string[];
  readonly unchecked: readonly string[];
}

function outcome(running: readonly Running[], told: UploadRemarks, context: ActionContext): ActionResult {
  const { failures, remarks, unchecked } = told;
  const isDone = ({ transfer, isGone }: Running): boolean => isGone !== true && hasEndedWell(transfer);
  const good = running.filter(isDone);
  const bad = running.filter((one) => !isDone(one));
  const wrong = [...failures, ...bad.map(failureText), ...good.flatMap(errorText), ...unchecked];
  const isLost = failures.length > 0 || running.some(({ isGone }) => isGone);
  show(running, context, isLost ? "Failed" : endState(running.map(({ transfer }) => transfer)));
  if (good.length === 0) throw new ActionError([...wrong, ...remarks].join("; "));
  const done = [...good.map(successText), ...remarks].join("; ");
  return wrong.length === 0
    ? { state: "Done", message: `${done}.` }
    : { state: "Partial", message: `${done}; but ${wrong.join("; ")}.` };
}

const failureText = ({ source, transfer, isGone }: Running): string =>
  isGone === true
    ? `the upload ${transfer.id} of ${source.directory} is gone after ${filesText(transfer)}: Data Management no longer has it`
    : `the upload of ${source.directory} is ${transfer.status} after ${filesText(transfer)}${inDmsWords(transfer)}`;

const errorText = ({ source, transfer }: Running): string[] =>
  transfer.errors === 0 ? [] : [`${transfer.errors} files of ${source.directory} could not be processed`];

function successText({ source, transfer }: Running): string {
  if (transfer.filesTotal > 0) return `${filesText(transfer)} of ${source.directory} were moved`;
  const there =
    source.report.state === "OK"
      ? `; ${source.place} holds ${source.report.files}: either Data Management has them all, or it does not see that directory (dm-direct-mount in the [local] section)`
      : "";
  return `Nothing of ${source.directory} was moved, there was no new file${inDmsWords(transfer)}${there}`;
}
