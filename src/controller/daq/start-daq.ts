/**
 * StartDaq on a Data Management server: one DAQ for the raw data, one for the reconstructions, after a look at their
 * directories. It completes when they are accepted (decision 0013); what they do then is daq-watch.ts. Never two for
 * one directory. integration.md §5.9.
 */

import { ActionError, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import { AlreadyExistsError, UnavailableError } from "../ports/call.ts";
import { type DataManagement, type DmTransfer, isUnderWay } from "../ports/data-management.ts";
import { daqPv } from "../pvs/daq.ts";
import { type Action, type ActionContext, flagInput, type TaggedRequest } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import type { ActionResult } from "../run/outcome.ts";
import { requireExperiment } from "../setup/dm-experiment.ts";
import { type DaqStart, isAlive, type StartedDaqs } from "./daq-progress.ts";
import { clearSide, lastState, showDaqsAtEnd } from "./daq-pvs.ts";
import {
  type CheckedSource,
  checkSources,
  chosenSources,
  type DaqSite,
  type DaqSource,
  daqSources,
  daqStateIndex,
  isOf,
  runningDaq,
  SIDE_NAMES,
} from "./daq-sources.ts";

export interface DaqOptions {
  readonly dm: DataManagement;
  readonly site: DaqSite;
  /** As operators know the server. */
  readonly serverName: string;
}

export interface StartDaqOptions extends DaqOptions {
  /** Where it leaves how it has started a DAQ, for the watch. */
  readonly started: StartedDaqs;
}

export function startDaq(options: StartDaqOptions): Action {
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

async function start(
  { dm, site, serverName, started }: StartDaqOptions,
  context: ActionContext,
): Promise<ActionResult> {
  const { experiment, signal, publish } = context;
  const sources = chosenSources(site, context);
  const { name } = await requireExperiment({ dm, serverName }, experiment, signal);
  const { usable, remarks, unchecked } = await checkSources(site.host, sources, context, false);
  const before = await dm.daqs({ signal });
  clearOthers(site, sources, before, context);
  const done: string[] = [];
  const failures: unknown[] = [];
  for (const source of usable) {
    const what = `the DAQ of the ${SIDE_NAMES[source.side]} for ${source.directory}`;
    try {
      signal.throwIfAborted();
      const running = runningDaq(before, name, source);
      const { daq, isOurs } = running === undefined ? await startOne(dm, name, source, context) : notOurs(running);
      if (isOurs) started.set(daq.id, howStarted(source, context));
      if (running === undefined) publish(daqPv(source.side, "Rate"), 0);
      publish(daqPv(source.side, "Id"), daq.id);
      publish(daqPv(source.side, "State"), daqStateIndex("Running"));
      done.push(`${what} ${running === undefined ? "was started" : "runs already"}`);
    } catch (thrown) {
      if (signal.aborted) throw stopped(signal, done, what);
      failures.push(serviceFailure(thrown));
    }
  }
  const wrong = failures.map((failure) => clauseOf(failure));
  if (done.length === 0) throw failures.length === 1 ? failures[0] : new ActionError(wrong.join("; "));
  await showDaqsAtEnd(context, daqSources(site, experiment), () => dm.daqs({ signal }));
  return wrong.length + unchecked.length === 0
    ? { state: "Done", message: `${sentence([...done, ...remarks])}.` }
    : { state: "Partial", message: `${sentence(done)}, but ${[...wrong, ...unchecked, ...remarks].join("; ")}.` };
}

/**
 * What an earlier run has left of a side that is not asked for now must not look like a result of this one; what runs,
 * or ran when last seen, is the watch's.
 */
function clearOthers(
  site: DaqSite,
  chosen: readonly DaqSource[],
  daqs: readonly DmTransfer[],
  { experiment, publish, shown = () => "" }: ActionContext,
): void {
  const own = daqs.filter((one) => isUnderWay(one) && isOf(experiment)(one));
  for (const source of daqSources(site, experiment)) {
    const isChosen = chosen.some(({ side }) => side === source.side);
    const runs = own.some(({ dataDirectory }) => dataDirectory === source.directory);
    if (!isChosen && !runs && !isAlive(lastState(shown, source.side).state)) clearSide(publish, source);
  }
}

const howStarted = ({ report: { state, bytes } }: CheckedSource, context: ActionContext): DaqStart => ({
  existingToo: processExisting(context),
  bytes: state === "UNKNOWN" ? undefined : bytes,
});

const sentence = (pieces: readonly string[]): string =>
  pieces.join("; ").replace(/^./, (letter) => letter.toUpperCase());

const stopped = (signal: AbortSignal, done: readonly string[], what: string): CancelledError =>
  new CancelledError(
    `${messageOf(signal.reason)} ${done.length === 0 ? "No DAQ is known to have started" : sentence(done)}; ${what} may have been asked for: look at DaqList, and run StopDaq if it is not wanted.`,
  );

/** A DAQ that runs now. */
interface Begun {
  readonly daq: DmTransfer;
  /** Started by us, as far as anybody knows. */
  readonly isOurs: boolean;
}
const notOurs = (daq: DmTransfer): Begun => ({ daq, isOurs: false });

/** @throws ActionError when it is not known to run */
async function startOne(
  dm: DataManagement,
  name: string,
  source: CheckedSource,
  context: ActionContext,
): Promise<Begun> {
  const { signal } = context;
  const task = { ...source.root, processExistingFiles: processExisting(context) };
  try {
    return { daq: await dm.startDaq(name, source.directory, task, { signal }), isOurs: true };
  } catch (thrown) {
    const answerLost = thrown instanceof UnavailableError && thrown.mayHaveHappened;
    if (signal.aborted || !(answerLost || thrown instanceof AlreadyExistsError)) throw thrown;
    // Started by us although the answer got lost, or by somebody else meanwhile: look, and never start it twice.
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
