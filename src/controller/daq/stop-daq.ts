/**
 * StopDaq on a Data Management server: stops every DAQ of the experiment that watches a directory, whoever started it
 * and for whatever directory, and tells what the DAQs leave. integration.md §5.9.
 */

import { ActionError, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import { NotFoundError, UnavailableError } from "../ports/call.ts";
import { type DataManagement, type DmTransfer, isMoving, isWatching } from "../ports/data-management.ts";
import type { Action, ActionContext } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import type { ActionResult } from "../run/outcome.ts";
import { daqSources, filesText, inDmsWords, isOf } from "./daq-sources.ts";
import { sideStopped } from "./daq-state.ts";
import { type DaqOptions, listAtEnd } from "./start-daq.ts";

export function stopDaq(options: DaqOptions): Action {
  return {
    plan: ({ experiment }) => [`would stop every DAQ of ${experiment.name} that runs on ${options.serverName}`],
    run: (context) => stop(options, context),
  };
}

async function stop(options: DaqOptions, context: ActionContext): Promise<ActionResult> {
  const { dm, site, board } = options;
  const { experiment, signal, publish } = context;
  publish("DaqStopped", 0);
  board.begin(context, site);
  const before = await dm.daqs({ signal });
  const running = before.filter((one) => isWatching(one) && isOf(experiment)(one));
  if (running.length === 0) {
    board.list(context, before);
    return { state: "Done", message: `No DAQ of ${experiment.name} runs.` };
  }
  const { stopped, failures } = await stopAll(options, running, context);
  const failed = failures.map((failure) => clauseOf(failure));
  if (stopped.length === 0) throw new ActionError(failed.join("; "));
  const after = await listAtEnd(options, context);
  const wrong = [...failed, ...stopped.flatMap((daq) => leftText(daq, after))];
  const directories = stopped.map(({ dataDirectory }) => dataDirectory).join(", ");
  const done = `${stopped.length} of ${running.length} DAQs of ${experiment.name} were stopped: ${directories}`;
  return wrong.length === 0
    ? { state: "Done", message: `${done}.` }
    : { state: "Partial", message: `${done}; but ${wrong.join("; ")}.` };
}

/**
 * Stops one DAQ after the other; a DAQ that cannot be stopped does not keep the others from being stopped.
 * @throws CancelledError
 */
async function stopAll(
  { dm, site, board }: DaqOptions,
  running: readonly DmTransfer[],
  context: ActionContext,
): Promise<{ readonly stopped: readonly DmTransfer[]; readonly failures: readonly ActionError[] }> {
  const { experiment, signal, publish } = context;
  const sources = daqSources(site, experiment);
  const stopped: DmTransfer[] = [];
  const failures: ActionError[] = [];
  for (const daq of running) {
    try {
      signal.throwIfAborted();
      await stopOne(dm, daq, signal);
      stopped.push(daq);
      publish("DaqStopped", stopped.length);
      const side = sources.find(({ directory }) => directory === daq.dataDirectory)?.side;
      if (side !== undefined) board.changeOf(context, (state) => sideStopped(state, side, daq));
    } catch (thrown) {
      if (signal.aborted)
        throw new CancelledError(
          `${messageOf(signal.reason)} ${stopped.length} of ${running.length} DAQs of ${experiment.name} are known to be stopped; run StopDaq again for the others.`,
        );
      const cause = serviceFailure(thrown);
      failures.push(new ActionError(`the DAQ for ${daq.dataDirectory} could not be stopped`, { cause }));
    }
  }
  return { stopped, failures };
}

/**
 * What a stopped DAQ has not moved, a piece of a sentence.
 * @param after the DAQs after the stop; undefined: not known
 */
function leftText({ id, dataDirectory }: DmTransfer, after: readonly DmTransfer[] | undefined): readonly string[] {
  const daq = after?.find((one) => one.id === id);
  if (daq === undefined)
    return [`how many files of ${dataDirectory} were moved is not known; Upload moves what is left`];
  const moved = `${filesText(daq)} of ${dataDirectory} were moved`;
  const left = isMoving(daq)
    ? `${moved} so far, and Data Management still works at those that it has seen; Upload moves what it leaves`
    : `${moved}; Upload moves the rest`;
  return [
    ...(daq.filesDone < daq.filesTotal ? [left] : []),
    ...(daq.errors > 0 ? [`${daq.errors} files of ${dataDirectory} could not be processed${inDmsWords(daq)}`] : []),
  ];
}

/** Resolves when the DAQ is stopped, or has ended by itself. */
async function stopOne(dm: DataManagement, daq: DmTransfer, signal: AbortSignal): Promise<void> {
  try {
    await dm.stopDaq(daq.experimentName, daq.dataDirectory, { signal });
  } catch (thrown) {
    if (thrown instanceof NotFoundError) return;
    if (signal.aborted || !(thrown instanceof UnavailableError && thrown.mayHaveHappened)) throw thrown;
    // The answer got lost: ask the service whether the DAQ still runs.
    const after = await dm.daqs({ signal }).catch(() => undefined);
    if (after === undefined || after.some((one) => one.id === daq.id && isWatching(one))) throw thrown;
  }
}
