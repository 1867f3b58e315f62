/**
 * Submits transfers, each exactly once: the submission id is taken first and kept by the caller, and the same document
 * posted again gives the task that is there already. What every transfer of ours is like is decided here. Tasks are
 * followed in task-reports.ts. globus.md §3.3.
 */
import { transfer } from "@globus/sdk";
import type { SDKOptions } from "@globus/sdk/services/types";
import { z } from "zod";
import { cleanJson, oneLine } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import type { CallOptions } from "../../controller/ports/call.ts";
import type { FileRemoval, Submission, SubmittedItem } from "../../controller/ports/transfer-tasks.ts";
import { readAnswer } from "./answer.ts";
import type { GlobusCall } from "./call.ts";
import type { NamedCollection } from "./collection.ts";
import { TRANSFER_SERVER } from "./scopes.ts";

const MOST_LABEL = 128;

type Payload = NonNullable<Parameters<typeof transfer.taskSubmission.submitTransfer>[0]>["payload"];

/** What all of our transfers have in common. */
const WAYS = {
  // By checksum: a repeat after a failure must not trust the size and time of what an attempt left behind, and a
  // source that was written again may have both (globus-cli's help of `transfer`, on restarts).
  sync_level: 3,
  verify_checksum: true,
  preserve_timestamp: true,
  fail_on_quota_errors: true,
  skip_source_errors: false,
  delete_destination_extra: false,
  notify_on_succeeded: false,
  notify_on_failed: false,
  // Known to Transfer, but not to the SDK's types.
  notify_on_inactive: false,
} as const;

const idSchema = z.object({ value: z.string().min(1) });
const submittedSchema = z.object({ code: z.enum(["Accepted", "Duplicate"]), task_id: z.string().min(1) });

/** A new id for one submission. */
export async function newSubmissionId(call: GlobusCall, options: CallOptions): Promise<string> {
  const what = "give an id for a transfer";
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.taskSubmission.submissionId({ headers }, sdk),
      repeatable: true,
    },
    options,
  );
  return readAnswer(idSchema, what, answer).value;
}

export interface SubmissionWays {
  /** Whether the data are encrypted on their way. */
  readonly encrypt: boolean;
  /** Source and destination. */
  readonly ends: readonly [NamedCollection, NamedCollection];
}

/**
 * @returns the task's id, also where the submission had arrived before
 * @throws AlreadyExistsError when an identical transfer is under way under another submission; ActionError for a
 * submission that Transfer could not take, before it is sent
 */
export async function submit(
  call: GlobusCall,
  submission: Submission,
  { encrypt, ends: [source, destination] }: SubmissionWays,
  options: CallOptions,
): Promise<string> {
  const payload = payloadOf(submission, encrypt);
  const what = `transfer ${cleanJson(submission.label)} from ${source.name} to ${destination.name}`;
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.taskSubmission.submitTransfer({ payload, headers }, sdk),
      // The submission id makes it so.
      repeatable: true,
    },
    options,
  );
  return readAnswer(submittedSchema, what, answer).task_id;
}

/** @returns the task's id, also where the removal had arrived before */
export async function submitRemoval(
  call: GlobusCall,
  { id, label, path, deadline }: FileRemoval,
  collection: NamedCollection,
  options: CallOptions,
): Promise<string> {
  const item = { DATA_TYPE: "delete_item" as const, path: pathOf({ isFolder: false }, path) };
  const payload = {
    submission_id: id,
    label: labelOf(label),
    endpoint: collection.id,
    DATA: [item],
    deadline: deadlineOf(deadline, label),
    recursive: false,
    ignore_missing: true,
    interpret_globs: false,
    notify_on_succeeded: false,
    notify_on_failed: false,
    notify_on_inactive: false,
  };
  const what = `remove ${cleanJson(path)} on ${collection.name}`;
  const send = (headers: Record<string, string>, sdk: SDKOptions): Promise<Response> =>
    transfer.taskSubmission.submitDelete({ payload, headers }, sdk);
  const answer = await call({ what, resourceServer: TRANSFER_SERVER, send, repeatable: true }, options);
  return readAnswer(submittedSchema, what, answer).task_id;
}

function payloadOf(submission: Submission, encrypt: boolean): Payload {
  const { id, label, sourceCollection, destinationCollection, items, deadline } = submission;
  if (items.length === 0) throw new ActionError(`The transfer ${cleanJson(label)} has no files: nothing was sent.`);
  return {
    submission_id: id,
    label: labelOf(label),
    source_endpoint: sourceCollection,
    destination_endpoint: destinationCollection,
    DATA: items.map((item) => ({
      DATA_TYPE: "transfer_item",
      source_path: pathOf(item, item.source),
      destination_path: pathOf(item, item.destination),
      recursive: item.isFolder,
    })),
    deadline: deadlineOf(deadline, label),
    encrypt_data: encrypt,
    ...WAYS,
  } satisfies Payload & { readonly notify_on_inactive: boolean };
}

/** One line, with no blank at either end, and no half of a character at its end. */
function labelOf(label: string): string {
  let text = "";
  for (const character of oneLine(label).trim()) {
    if (text.length + character.length > MOST_LABEL) break;
    text += character;
  }
  return text.trim();
}

/** Absolute, or below the login's own folder; with a slash at its end for a folder alone. */
function pathOf({ isFolder }: Pick<SubmittedItem, "isFolder">, path: string): string {
  const isGood = path.startsWith("/") && !path.split("/").includes("..") && !path.includes("\0");
  if (!isGood || (!isFolder && path.endsWith("/"))) {
    const kind = isFolder ? "folder" : "file";
    throw new ActionError(`The path ${cleanJson(path)} of a ${kind} cannot be given to Globus: nothing was sent.`);
  }
  return isFolder ? `${path.replace(/\/+$/, "")}/` : path;
}

/** As RFC 3339 has it, in UTC, to the second. */
function deadlineOf(deadline: string, label: string): string {
  const time = Date.parse(deadline);
  if (Number.isNaN(time)) {
    throw new ActionError(`The deadline ${cleanJson(deadline)} of ${cleanJson(label)} is no time: nothing was sent.`);
  }
  return new Date(time).toISOString().replace(/\.\d+Z$/, "+00:00");
}
