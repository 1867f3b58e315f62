/** TransferRun and TransferCancel: one Globus transfer that a person asks for, and its end before its time. */

import { cleanJson, isUnclean, visible } from "../../base/clean-text.ts";
import { UUID } from "../../base/uuid.ts";
import type { PvName } from "../pvs/index.ts";
import { type ActionRequest, type FreeAction, textInput } from "../run/action.ts";
import { InputError, RejectedError } from "../run/outcome.ts";
import type { AskedTransfer } from "./asked-transfers.ts";
import { GLOBUS_OFF } from "./hold.ts";
import { baseName } from "./scan-path.ts";
import type { RunningTransfers } from "./transfers.ts";

/** The transfers of a running IOC. @returns a sentence where there are none */
export type FindTransfers = () => RunningTransfers | string;

export const transferRun = (find: FindTransfers): FreeAction => ({
  plan: (request) => {
    const { sourceCollection, sourcePath, destinationCollection, destinationPath } = askedOf(request);
    return [
      `would submit a transfer of ${sourceCollection}:${sourcePath} to ${destinationCollection}:${destinationPath}`,
    ];
  },
  run: async (context) => {
    const asked = askedOf(context);
    const { asked: transfers } = runningOf(find);
    if (transfers === undefined) throw new RejectedError(GLOBUS_OFF);
    const task = await transfers.submit(asked, { signal: context.signal });
    context.publish("TaskId", task);
    return { state: "Done", message: `Globus has accepted the transfer ${task}; TransferStatus follows it.` };
  },
});

export const transferCancel = (find: FindTransfers): FreeAction => ({
  plan: (request) => [`would cancel the Globus task ${taskOf(request, find)}`],
  run: async (context) => {
    const running = runningOf(find);
    const task = taskOf(context, find);
    const wasCancelled = await running.asked?.cancel(task, { signal: context.signal });
    return wasCancelled === true
      ? { state: "Done", message: `The task ${task} is cancelled.` }
      : { state: "Done", message: `The task ${task} had ended before.` };
  },
});

/** @throws RejectedError */
export function runningOf(find: FindTransfers): RunningTransfers {
  const found = find();
  if (typeof found === "string") throw new RejectedError(found);
  return found;
}

function taskOf(_request: ActionRequest, find: FindTransfers): string {
  const { asked } = runningOf(find);
  const record = asked?.records.at(-1);
  if (record === undefined) throw new RejectedError("No transfer of TransferRun is under way.");
  if (record.task === undefined)
    throw new RejectedError(
      `Globus has not accepted the transfer ${visible(record.submission.label)} yet, so there is no task to cancel${asked?.trouble === undefined ? ": try again in a moment." : `: ${asked.trouble}`}`,
    );
  return record.task;
}

/** @throws InputError */
function askedOf(request: ActionRequest): AskedTransfer {
  const sourcePath = pathInput(request, "SourcePath");
  return {
    sourceCollection: collectionInput(request, "SourceCollection"),
    sourcePath,
    destinationCollection: collectionInput(request, "DestCollection"),
    destinationPath: pathInput(request, "DestPath"),
    label: textInput(request, "RunLabel") || baseName(sourcePath),
  };
}

/** @throws InputError for what is no UUID */
export function collectionInput(request: ActionRequest, name: PvName): string {
  const text = textInput(request, name);
  if (UUID.test(text)) return text.toLowerCase();
  throw new InputError(
    name,
    `${name} ${text === "" ? "is empty" : `is ${cleanJson(text)}`}: write the collection's UUID`,
  );
}

/** @throws InputError for what is no path of a collection */
export function pathInput(request: ActionRequest, name: PvName): string {
  const text = textInput(request, name);
  const isPath = /^(\/|~)/.test(text) && !isUnclean(text) && !text.split("/").includes("..");
  if (isPath) return text.startsWith("~") ? `/${text}` : text;
  throw new InputError(
    name,
    `${name} ${text === "" ? "is empty" : `is ${cleanJson(text)}`}: write a path that begins with / or ~, without ".."`,
  );
}
