/** What a failure on a scan's way is about: the scan's source, its destination, the ledger, or this one scan. Pure. */
import { ActionError, asSentence, messageOf } from "../../base/errors.ts";
import { AccessDeniedError, OffError, SourceChangedError, UnavailableError } from "../ports/call.ts";
import { PlaceError } from "./scan-path.ts";
import { LedgerFailedError } from "./scan-queue.ts";

export interface Verdict {
  /**
   * source: the scan is looked at anew. destination: it takes nothing now, from any scan. ledger: nothing can be
   * remembered now. scan: this scan alone failed.
   */
  readonly about: "source" | "destination" | "ledger" | "scan";
  readonly sentence: string;
  /** Seconds that it asks to be left alone; 0: it does not ask. */
  readonly afterSeconds: number;
  /** To try again does not help. */
  readonly isFinal: boolean;
  /** A bug of ours, for the log. */
  readonly isBug: boolean;
}

/** @throws the signal's reason where an abort explains the failure */
export function verdictOn(thrown: unknown, signal: AbortSignal): Verdict {
  signal.throwIfAborted();
  if (!(thrown instanceof ActionError))
    return {
      about: "scan",
      sentence: asSentence(`Internal error: ${messageOf(thrown)}`),
      afterSeconds: 0,
      isFinal: false,
      isBug: true,
    };
  const sentence = asSentence(messageOf(thrown));
  const afterSeconds = thrown instanceof UnavailableError ? (thrown.retryAfterSeconds ?? 0) : 0;
  return { about: subjectOf(thrown), sentence, afterSeconds, isFinal: thrown instanceof PlaceError, isBug: false };
}

function subjectOf(thrown: ActionError): Verdict["about"] {
  if (thrown instanceof LedgerFailedError) return "ledger";
  if (thrown instanceof SourceChangedError) return "source";
  const isDestination = [UnavailableError, AccessDeniedError, OffError].some((kind) => thrown instanceof kind);
  return isDestination ? "destination" : "scan";
}
