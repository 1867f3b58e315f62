/**
 * StartDaq on a Data Management server: one DAQ for the raw data, one for the reconstructions, after a look at their
 * directories. StartDaq completes when the DAQs are accepted (decision 0013); daq-watch.ts follows them. Never two DAQs
 * for one directory. integration.md §5.9.
 */

import { ActionError, asSentence, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import { AlreadyExistsError, UnavailableError } from "../ports/call.ts";
import { type DataManagement, type DmTransfer, isUnderWay } from "../ports/data-management.ts";
import { SIDE_NAMES } from "../pvs/daq.ts";
import { type Action, type ActionContext, flagInput, type TaggedRequest } from "../run/action.ts";
import { failureOrAbort, serviceFailure } from "../run/failure.ts";
import type { ActionResult } from "../run/outcome.ts";
import { requireExperiment } from "../setup/dm-experiment.ts";
import { type CheckedSource, checkSources } from "./check-sources.ts";
import type { DaqBoard } from "./daq-board.ts";
import { chosenSources, type DaqSite, type DaqSource, daqSources, isOf, runningDaq } from "./daq-sources.ts";
import { begun, cleared, type DaqStart, isAlive, startedBy } from "./daq-state.ts";

export interface DaqOptions {
  readonly dm: DataManagement;
  readonly site: DaqSite;
  /** As operators know the server. */
  readonly serverName: string;
  readonly board: DaqBoard;
}

export function startDaq(options: DaqOptions): Action {
  return {
    plan: (request) => [
      `would look for experiment ${request.experiment.name} on ${options.serverName}`,
      ...chosenSources(options.site, request).map(
        ({ side, place, directory }) =>
          `would look at ${place} and start a DAQ of the ${SIDE_NAMES[side]} for ${directory}${existingToo(request)}, unless one runs`,
      ),
    ],
    run: (context) => start(options, context),
  };
}

const processExisting = (request: TaggedRequest): boolean => flagInput(request, "ProcessExisting");
const existingToo = (request: TaggedRequest): string =>
  processExisting(request) ? ", with the files that are there already" : ", for new files only";

async function start(options: DaqOptions, context: ActionContext): Promise<ActionResult> {
  const { dm, site, serverName, board } = options;
  const { experiment, signal } = context;
  const sources = chosenSources(site, context);
  board.begin(context, site);
  const { name } = await requireExperiment({ dm, serverName }, experiment, signal);
  const check = { host: site.host, board, needsFiles: false };
  const { usable, remarks, unchecked } = await checkSources(check, sources, context);
  const before = await dm.daqs({ signal });
  clearOthers(options, sources, before, context);
  const { done, failures } = await startAll(options, usable, { name, before }, context);
  const wrong = failures.map((failure) => clauseOf(failure));
  if (done.length === 0) throw failures.length === 1 ? failures[0] : new ActionError(wrong.join("; "));
  await listAtEnd(options, context);
  return wrong.length + unchecked.length === 0
    ? { state: "Done", message: `${sentence([...done, ...remarks])}.` }
    : { state: "Partial", message: `${sentence(done)}, but ${[...wrong, ...unchecked, ...remarks].join("; ")}.` };
}

/** What is known before anything is started. */
interface Before {
  /** The experiment's name at Data Management. */
  readonly name: string;
  readonly before: readonly DmTransfer[];
}

/** @returns pieces of a sentence: which DAQs run, and why others do not */
async function startAll(
  { dm, board }: DaqOptions,
  sources: readonly CheckedSource[],
  { name, before }: Before,
  context: ActionContext,
): Promise<{ readonly done: readonly string[]; readonly failures: readonly unknown[] }> {
  const done: string[] = [];
  const failures: unknown[] = [];
  for (const source of sources) {
    const what = `the DAQ of the ${SIDE_NAMES[source.side]} for ${source.directory}`;
    try {
      context.signal.throwIfAborted();
      const running = runningDaq(before, name, source);
      const { daq, isOurs } = running === undefined ? await startOne(dm, name, source, context) : notOurs(running);
      if (isOurs) board.change(context.publish, (state) => startedBy(state, daq.id, howStarted(source, context)));
      board.changeOf(context, (state) => begun(state, source.side, daq));
      done.push(`${what} ${running === undefined ? "was started" : "runs already"}`);
    } catch (thrown) {
      if (context.signal.aborted) throw stopped(context.signal, done, what);
      failures.push(serviceFailure(thrown));
    }
  }
  return { done, failures };
}

/**
 * Lists the DAQs at the end of StartDaq and StopDaq. Never fails: their work is done by then.
 * @returns the station's DAQs; undefined where they cannot be seen
 */
export async function listAtEnd(
  { dm, board }: DaqOptions,
  context: ActionContext,
): Promise<readonly DmTransfer[] | undefined> {
  const { signal, say } = context;
  try {
    const all = await dm.daqs({ signal });
    board.list(context, all);
    return all;
  } catch (thrown) {
    say(asSentence(`The DAQs cannot be seen: ${clauseOf(failureOrAbort(thrown, signal))}`));
    return undefined;
  }
}

/**
 * A side that is not asked for must not show what an earlier run has left there; a side whose DAQ runs, or ran when
 * last seen, is the watch's.
 */
function clearOthers(
  { site, board }: DaqOptions,
  chosen: readonly DaqSource[],
  daqs: readonly DmTransfer[],
  context: ActionContext,
): void {
  const { experiment } = context;
  const own = daqs.filter((one) => isUnderWay(one) && isOf(experiment)(one));
  for (const { side, directory } of daqSources(site, experiment)) {
    const isChosen = chosen.some((one) => one.side === side);
    const runs = own.some(({ dataDirectory }) => dataDirectory === directory) || isAlive(board.state.sides[side]);
    if (!isChosen && !runs) board.changeOf(context, (state) => cleared(state, side));
  }
}

const howStarted = ({ report: { state, bytes } }: CheckedSource, request: TaggedRequest): DaqStart => ({
  existingToo: processExisting(request),
  bytes: state === "UNKNOWN" ? undefined : bytes,
});

const sentence = (pieces: readonly string[]): string =>
  pieces.join("; ").replace(/^./, (letter) => letter.toUpperCase());

const stopped = (signal: AbortSignal, done: readonly string[], what: string): CancelledError =>
  new CancelledError(
    `${messageOf(signal.reason)} ${done.length === 0 ? "No DAQ is known to have started" : sentence(done)}; ${what} may have been asked for: look at DaqList, and run StopDaq if it is not wanted.`,
  );

/** A DAQ that runs now. */
interface RunningDaq {
  readonly daq: DmTransfer;
  /** Whether we have started the DAQ, as far as is known. */
  readonly isOurs: boolean;
}
const notOurs = (daq: DmTransfer): RunningDaq => ({ daq, isOurs: false });

/** @throws ActionError when the DAQ is not known to run */
async function startOne(
  dm: DataManagement,
  name: string,
  source: CheckedSource,
  context: ActionContext,
): Promise<RunningDaq> {
  const { signal } = context;
  const task = { ...source.root, processExistingFiles: processExisting(context) };
  try {
    return { daq: await dm.startDaq(name, source.directory, task, { signal }), isOurs: true };
  } catch (thrown) {
    const answerLost = thrown instanceof UnavailableError && thrown.mayHaveHappened;
    if (signal.aborted || !(answerLost || thrown instanceof AlreadyExistsError)) throw thrown;
    // The DAQ was started by us although the answer got lost, or by somebody else meanwhile: look, and never start a
    // second.
    const found = await dm.daqs({ signal }).then(
      (daqs) => runningDaq(daqs, name, source),
      () => undefined,
    );
    if (found !== undefined) return { daq: found, isOurs: answerLost };
    throw answerLost
      ? new ActionError(`the DAQ for ${source.directory} may run or not: look at DaqList before starting it again`, {
          cause: thrown,
        })
      : thrown;
  }
}
