/**
 * Upload on a Data Management server: what is in the source directories, once, waiting until it is done. An upload that moves nothing is told as such; one that
 * is aborted is stopped at the service, too. Integration point 57.
 */
import { type Clock, sleep } from "../../base/clock.ts";
import { ActionError, CancelledError, messageOf, pieceOf } from "../../base/errors.ts";
import type { Action, ActionContext } from "../action.ts";
import {
  type CheckedSource,
  checkSources,
  chosenSources,
  filesText,
  inDmsWords,
  REFUSED_SECONDS,
  SIDE_NAMES,
} from "../daq-sources.ts";
import { requireExperiment } from "../dm-experiment.ts";
import type { ActionResult } from "../outcome.ts";
import {
  AccessDeniedError,
  type DataManagement,
  type DmTransfer,
  hasEndedWell,
  isMoving,
  NotFoundError,
  UnavailableError,
} from "../ports.ts";
import { UPLOAD_STATES } from "../pvs.ts";
import type { DaqOptions } from "./start-daq.ts";

export interface UploadOptions extends DaqOptions {
  readonly clock: Clock;
  /** Between two looks at the uploads. */
  readonly pollSeconds: number;
  /** Without an answer, after which they are no longer waited for. */
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

/** One upload that was accepted, as it was last seen. */
interface Running {
  readonly source: CheckedSource;
  transfer: DmTransfer;
  /** Data Management no longer has it. */
  isGone?: true;
}

async function run(options: UploadOptions, context: ActionContext): Promise<ActionResult> {
  const { dm, site, serverName } = options;
  const { experiment, signal, say, publish } = context;
  const sources = chosenSources(site, context);
  publish("UploadId", "");
  publish("UploadState", UPLOAD_STATES.indexOf("None"));
  for (const name of ["UploadFilesDone", "UploadFilesTotal", "UploadPercent"] as const) publish(name, 0);
  const { name } = await requireExperiment({ dm, serverName }, experiment, signal);
  const { usable, remarks } = await checkSources(site.host, sources, context, true);
  for (const remark of remarks) say(`${remark}.`);
  const running: Running[] = [];
  const failures: string[] = [];
  try {
    for (const source of usable) {
      signal.throwIfAborted();
      const transfer = await startOne(dm, name, source, signal).catch((thrown: unknown) => {
        if (signal.aborted || !(thrown instanceof ActionError)) throw thrown;
        failures.push(pieceOf(thrown));
      });
      if (transfer !== undefined) running.push({ source, transfer });
      show(running, context);
    }
    if (running.length > 0) await untilEnded(options, running, context);
  } catch (thrown) {
    if (signal.aborted) throw await stopAll(dm, running, context);
    publish("UploadState", UPLOAD_STATES.indexOf("Failed"));
    const more = [...failures, ...remarks];
    if (!(thrown instanceof ActionError) || more.length === 0) throw thrown;
    throw new ActionError(`${pieceOf(thrown)}; ${more.join("; ")}`, { cause: thrown });
  }
  return outcome(running, { failures, remarks }, context);
}

async function startOne(
  dm: DataManagement,
  name: string,
  source: CheckedSource,
  signal: AbortSignal,
): Promise<DmTransfer> {
  const what = `the upload of ${source.directory}`;
  try {
    return await dm.startUpload(name, source.directory, source.root, { signal });
  } catch (cause) {
    if (signal.aborted || !(cause instanceof ActionError)) throw cause;
    const answerLost = cause instanceof UnavailableError && cause.mayHaveHappened;
    const sentence = answerLost
      ? `${what} may run or not: see what Data Management has before you repeat it`
      : `${what} was not started`;
    throw new ActionError(sentence, { cause });
  }
}

/** Looks at those under way until none is. @throws UnavailableError when the service has said nothing of them for too long: they go on without us */
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
      if (!told) say(`The uploads ${ids} go on, but Data Management does not say how: ${messageOf(cause)}`);
      told = true;
    }
    show(running, context);
  }
}

/** @returns why nobody can say how one of them stands; a session that has expired is no other case than a service that is away */
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
      if (signal.aborted || !(thrown instanceof ActionError)) throw thrown;
      if (thrown instanceof NotFoundError) one.isGone = true;
      else problem = thrown;
    }
  }
  return problem;
}

const isWaitedFor = ({ transfer, isGone }: Running): boolean => isGone !== true && isMoving(transfer);

const idsOf = (running: readonly Running[]): string => running.map(({ transfer }) => transfer.id).join(" ");

/** The uploads together, into their PVs. */
function show(running: readonly Running[], { publish }: ActionContext): void {
  const sum = (of: (transfer: DmTransfer) => number): number =>
    running.reduce((total, { transfer }) => total + of(transfer), 0);
  const [done, total] = [sum(({ filesDone }) => filesDone), sum(({ filesTotal }) => filesTotal)];
  publish("UploadId", idsOf(running));
  publish("UploadState", UPLOAD_STATES.indexOf(running.length === 0 ? "None" : "Running"));
  publish("UploadFilesDone", done);
  publish("UploadFilesTotal", total);
  publish("UploadPercent", total === 0 ? 0 : (100 * done) / total);
}

/** Stops what moves, also when the run's own signal is aborted. @returns how far they had come */
async function stopAll(
  dm: DataManagement,
  running: readonly Running[],
  { signal, publish }: ActionContext,
): Promise<CancelledError> {
  const pieces: string[] = [];
  let goesOn = false;
  for (const one of running) {
    const { source, transfer } = one;
    const { id } = transfer;
    let problem: string | undefined;
    if (isWaitedFor(one))
      await dm.stopUpload(id, {}).catch((thrown: unknown) => {
        if (!(thrown instanceof NotFoundError)) problem = pieceOf(thrown);
      });
    goesOn ||= problem !== undefined;
    const last = await dm.upload(id, {}).catch(() => transfer);
    const moved = `${filesText(last)} of ${source.directory} were moved`;
    pieces.push(problem === undefined ? moved : `${moved}, and upload ${id} goes on: ${problem}`);
  }
  publish("UploadState", UPLOAD_STATES.indexOf(goesOn ? "Running" : "None"));
  return new CancelledError(
    `${messageOf(signal.reason)} ${pieces.join("; ") || "No upload is known to have started"}.`,
  );
}

interface Told {
  readonly failures: readonly string[];
  readonly remarks: readonly string[];
}

function outcome(running: readonly Running[], { failures, remarks }: Told, { publish }: ActionContext): ActionResult {
  const isBad = ({ transfer, isGone }: Running): boolean => isGone === true || !hasEndedWell(transfer);
  const good = running.filter((one) => !isBad(one));
  const wrong = [...failures, ...running.filter(isBad).map(failureText), ...good.flatMap(errorText)];
  publish(
    "UploadState",
    UPLOAD_STATES.indexOf(failures.length > 0 || good.length < running.length ? "Failed" : "Done"),
  );
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
