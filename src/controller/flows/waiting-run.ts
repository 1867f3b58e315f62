/** What is said of a run that a person has asked for and that has not begun: whether it comes by itself. */
import { asSentence, pieceOf } from "../../base/errors.ts";
import type { FlowRunRecord } from "../ports/queue-ledger.ts";

/** @param trouble why it has not begun, a sentence; undefined: it is under way. @returns a sentence, the cause first */
export function waitingText({ request, flowName, isWithdrawn }: FlowRunRecord, trouble: string | undefined): string {
  const run = `the run ${request.label} of the flow ${flowName}`;
  const comes =
    isWithdrawn === true
      ? `${run} is withdrawn, but may have begun: it is looked for, and cancelled, by itself`
      : `${run} has not begun; it is started by itself${trouble === undefined ? "" : " once Globus takes it"}, and FlowCancel withdraws it`;
  return asSentence(trouble === undefined ? comes : `${pieceOf(trouble)}: ${comes}`);
}
