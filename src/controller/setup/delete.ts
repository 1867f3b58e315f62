/**
 * Delete: takes an experiment off a Data Management server for good. Off unless the settings allow it; only the tagged
 * experiment, by its exact name, and only while armed; never while something moves its data. Directories on the
 * beamline's hosts are not touched.
 */
import { visible } from "../../base/clean-text.ts";
import { ActionError, CancelledError, messageOf } from "../../base/errors.ts";
import { listedUploads } from "../daq/uploads.ts";
import { NotFoundError, UnavailableError } from "../ports/call.ts";
import { type DataManagement, type DmExperiment, type DmTransfer, isUnderWay } from "../ports/data-management.ts";
import type { CommandName } from "../pvs/commands.ts";
import {
  type Action,
  type ActionContext,
  type ActionRequest,
  flagInput,
  type TaggedRequest,
  textInput,
} from "../run/action.ts";
import { type ActionResult, RejectedError } from "../run/outcome.ts";
import type { ArmCheck } from "../site.ts";

export interface DeleteOptions {
  readonly dm: DataManagement;
  /** As operators know the server. */
  readonly serverName: string;
  readonly isAllowed: boolean;
}

const NOT_ALLOWED = "Deleting is off: set allow-delete = True in the [dm] section of globus.conf.";

/** Why nothing may be deleted now, however much it is wanted. */
export function deleteArm(isAllowed: boolean): ArmCheck {
  return (get) => {
    if (!isAllowed) return NOT_ALLOWED;
    return nameProblem(wantedName({ input: get }), String(get("ExperimentName")));
  };
}

/** The name that a person has written to confirm the deletion. */
const wantedName = (request: ActionRequest): string => textInput(request, "DeleteName");

function nameProblem(wanted: string, experimentName: string): string | undefined {
  if (experimentName === "") return "There is no experiment to delete: tag TomoScan with it first.";
  return wanted === experimentName
    ? undefined
    : `DeleteName ${visible(wanted)} is not the experiment; to delete it, write ${experimentName} to DeleteName.`;
}

export function deleteExperiment(options: DeleteOptions): Action {
  return {
    plan: (request) => {
      refuse(options, request);
      return [`would delete experiment ${request.experiment.name} from ${options.serverName}`];
    },
    run: (context) => remove(options, context),
  };
}

/** @throws RejectedError when deleting is off, or DeleteName is not the experiment */
function refuse({ isAllowed }: DeleteOptions, request: TaggedRequest): void {
  const problem = isAllowed ? nameProblem(wantedName(request), request.experiment.name) : NOT_ALLOWED;
  if (problem !== undefined) throw new RejectedError(problem);
}

async function remove(options: DeleteOptions, context: ActionContext): Promise<ActionResult> {
  const { publish, say, signal } = context;
  const { name } = context.experiment;
  refuse(options, context);
  if (!flagInput(context, "DeleteArm"))
    throw new RejectedError("Delete is not armed: write 1 to DeleteArm, and start Delete while it is Armed.");
  publish("DeleteArm", 0); // armed for one start, whatever becomes of the run
  const found = await existing(options, name, signal);
  await refuseWhileMoving(options.dm, name, context);
  signal.throwIfAborted();
  say(`${name} is being deleted from ${options.serverName}: ${directories(found)}.`);
  await deleteOnce(options, name, signal);
  publish("DeleteName", "");
  return {
    state: "Done",
    message: `Experiment ${name} was deleted from ${options.serverName}: ${directories(found)}.`,
  };
}

/** @throws RejectedError when there is no such experiment */
async function existing({ dm, serverName }: DeleteOptions, name: string, signal: AbortSignal): Promise<DmExperiment> {
  try {
    return await dm.experimentByName(name, { signal });
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) throw thrown;
    throw new RejectedError(`There is no experiment ${name} on ${serverName}; nothing was deleted.`, { cause: thrown });
  }
}

/** Commands that move data to an experiment, or are about to. */
const MOVERS: readonly CommandName[] = ["StartDaq", "Upload"];

/** @throws RejectedError while a DAQ or upload moves data of the experiment, whoever started it */
async function refuseWhileMoving(dm: DataManagement, name: string, context: ActionContext): Promise<void> {
  const isOfIt = (one: DmTransfer): boolean => one.experimentName === name && isUnderWay(one);
  const moving = (await dm.daqs(context)).find(isOfIt);
  if (moving !== undefined)
    throw new RejectedError(`A DAQ of ${name} runs, from ${moving.dataDirectory}: stop it by StopDaq, then delete.`);
  for (const mover of MOVERS)
    if (context.isRunning?.(mover) === true)
      throw new RejectedError(`${mover} runs: wait until it is done, or write 1 to Abort, then delete.`);
  const consequence = "Whether an upload runs that somebody else has started cannot be looked up";
  const upload = (await listedUploads(dm, context, consequence))?.find(isOfIt);
  if (upload !== undefined)
    throw new RejectedError(
      `Upload ${upload.id} of ${name} runs, from ${upload.dataDirectory}: wait until it is done, or run Upload for it and abort that, then delete.`,
    );
}

/** @throws ActionError; a lost answer is looked up, and is no failure when the experiment is gone */
async function deleteOnce({ dm, serverName }: DeleteOptions, name: string, signal: AbortSignal): Promise<void> {
  try {
    await dm.deleteExperiment(name, { signal });
  } catch (thrown) {
    const asked = `the deletion of ${name} from ${serverName} was asked for; whether it happens is not known`;
    if (signal.aborted) throw new CancelledError(`${messageOf(signal.reason)} But ${asked}.`);
    if (thrown instanceof NotFoundError)
      throw new RejectedError(`There is no experiment ${name} on ${serverName} any more; nothing was deleted.`);
    if (!(thrown instanceof UnavailableError) || !thrown.mayHaveHappened) throw thrown;
    if (!(await isGone(dm, name, signal))) throw new ActionError(asked, { cause: thrown });
  }
}

/** Whether the service says that the experiment is gone. */
const isGone = (dm: DataManagement, name: string, signal: AbortSignal): Promise<boolean> =>
  dm.experimentByName(name, { signal }).then(
    () => false,
    (thrown: unknown) => thrown instanceof NotFoundError,
  );

/** The experiment's directories at Data Management, where the service tells them. */
function directories({ storageDirectory, dataDirectory, analysisDirectory }: DmExperiment): string {
  const all = Object.entries({ storage: storageDirectory, data: dataDirectory, analysis: analysisDirectory });
  const known = all.filter(([, directory]) => directory !== undefined && directory !== "");
  return known.length === 0
    ? "its directories are not known"
    : known.map(([what, directory]) => `${what} ${directory}`).join(", ");
}
