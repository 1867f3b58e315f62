/** What every submission to Globus has in common, whoever wants it: its id and deadline, and whose it is. */
import { visible } from "../../base/clean-text.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SubmissionRecord } from "../ports/queue-ledger.ts";
import type { Submission, TransferTasks } from "../ports/transfer-tasks.ts";
import { nameOf, type Road } from "./road.ts";

/** The destination of transfers that a person has asked for, which no configured destination can have. */
export const ASKED = "";

const HOUR_MILLISECONDS = 3_600_000;

export interface WantedSubmission extends Omit<Submission, "id" | "deadline" | "label"> {
  /** Our own id comes first in the label and tells the task from all others; then these words, as far as they go. */
  readonly label: { readonly id: string; readonly words: string };
  /** A destination's name, or ASKED. */
  readonly destination: string;
  /** Ids of the scans that it carries. */
  readonly scans: readonly string[];
}

/** The record of a new submission, which must be in the ledger before it is submitted. @throws what Globus says */
export async function newSubmission(
  { clock, site }: Road,
  tasks: TransferTasks,
  { label, destination, scans, ...wanted }: WantedSubmission,
  options: CallOptions,
): Promise<SubmissionRecord> {
  const owner = await tasks.owner(options);
  const id = await tasks.submissionId(options);
  const at = clock.now();
  const deadline = new Date(at + site.rules.deadlineHours * HOUR_MILLISECONDS).toISOString();
  return {
    submission: { ...wanted, id, label: `${label.id} ${label.words}`, deadline },
    owner,
    destination,
    scans,
    at,
  };
}

/** Why a submission of another login waits, and what to do; a piece of a sentence. @param login the present one */
export const otherLoginText = ({ owner, submission }: SubmissionRecord, login: string): string =>
  `the transfer ${visible(submission.label)} was submitted by ${owner}, and the login in [globus-auth] of globus.conf is ${login}: log in as ${owner}`;

/** What a submission does, for sentences. */
export function titleOf({ queue }: Road, { scans, submission, destination }: SubmissionRecord): string {
  const [first, ...others] = scans;
  if (first === undefined) return `The transfer ${visible(submission.label)}`;
  const scan = queue.scans.get(first)?.scan;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `The transfer of ${scan === undefined ? first : nameOf(scan)}${more} to ${destination}`;
}
