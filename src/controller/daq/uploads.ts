/**
 * The uploads of an experiment: which are not over, what they add up to, and the PVs that tell of them; for Upload, for
 * Delete and for the watch. Starts and stops no upload.
 */
import { asSentence, clauseOf } from "../../base/errors.ts";
import { NotOfferedError } from "../ports/call.ts";
import { type DataManagement, type DmTransfer, hasEndedWell } from "../ports/data-management.ts";
import { UPLOAD_STATES, type UploadState } from "../pvs/daq.ts";
import type { RunContext } from "../run/action.ts";

/** Writes the sum of the uploads. UploadState comes last: a client that waits for it then reads settled counts. */
export function showUploads(put: RunContext["publish"], uploads: readonly DmTransfer[], state: UploadState): void {
  const sum = (of: (one: DmTransfer) => number): number => uploads.reduce((total, one) => total + of(one), 0);
  const [done, total] = [sum(({ filesDone }) => filesDone), sum(({ filesTotal }) => filesTotal)];
  put("UploadId", uploads.map(({ id }) => id).join(" "));
  put("UploadFilesDone", done);
  put("UploadFilesTotal", total);
  put("UploadPercent", total === 0 ? 0 : (100 * done) / total);
  put("UploadState", UPLOAD_STATES.indexOf(state));
}

/** The common state of uploads that are over. */
export function endState(uploads: readonly DmTransfer[]): UploadState {
  const bad = uploads.filter((one) => !hasEndedWell(one));
  if (bad.length === 0) return "Done";
  return bad.every(({ status }) => status === "aborted") ? "Stopped" : "Failed";
}

/**
 * The uploads that Data Management lists. A site without such a list goes on, and operators are told.
 * @param consequence what cannot be known without the list, a sentence without its full stop
 * @returns undefined where there is no list
 */
export async function listedUploads(
  dm: Pick<DataManagement, "uploads">,
  { signal, say }: Pick<RunContext, "signal" | "say">,
  consequence: string,
): Promise<readonly DmTransfer[] | undefined> {
  try {
    return await dm.uploads({ signal });
  } catch (thrown) {
    if (!(thrown instanceof NotOfferedError)) throw thrown;
    say(asSentence(`${consequence}: ${clauseOf(thrown)}`));
    return undefined;
  }
}
